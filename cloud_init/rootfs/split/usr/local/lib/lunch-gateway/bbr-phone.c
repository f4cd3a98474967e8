// SPDX-License-Identifier: GPL-2.0-only OR MIT
// (The kernel lends the functions called here to programs under the GPL only.)

// "bbr.phone": mainline's BBR v1 towards phones, with four rules around it. Whatever is not
// said here the kernel's own tcp_bbr does; its functions are called from here
// (net/ipv4/tcp_bbr.c, tcp_bbr_check_kfunc_ids). Why, and what it brings: docs/adr/0017.
//
// A BPF struct_ops program, built on the machine by gateway-bbr-phone.service.
// Nothing here is of a certain kernel: fields are found by their names when it is loaded
// (CO-RE), and a kernel that lacks one refuses it, which leaves phones on plain bbr.

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SECTION(name) __attribute__((section(name), used))
#define KERNELS __attribute__((preserve_access_index))

// Its fields are tcp_sock's here; libbpf compares functions' arguments, and wants to see one.
struct sock {
    u64 sk_flags;
} KERNELS;
struct rate_sample {
    long rtt_us;
} KERNELS;
struct inet_connection_sock {
    u64 icsk_ca_priv[13];
} KERNELS;
struct tcp_sock {
    u32 snd_cwnd, snd_wnd, snd_nxt, snd_una, mss_cache, delivered, lost;
    u64 delivered_mstamp;
} KERNELS;
struct minmax_sample {
    u32 t, v;
} KERNELS;
struct minmax {
    struct minmax_sample s[3];
} KERNELS;
struct bbr {
    u32 min_rtt_us, min_rtt_stamp;
    struct minmax bw;
    u64 cycle_mstamp;
    u32 mode : 3, lt_is_sampling : 1;
    u32 lt_last_delivered, lt_last_lost;
    u32 full_bw_reached : 1, full_bw_cnt : 2, cycle_idx : 3;
    u32 full_bw;
} KERNELS;

enum { STARTUP, DRAIN, PROBE_BW, PROBE_RTT };
enum { PROBING, DRAINING };
// Fractions of a bandwidth are in packets per microsecond, shifted by this (BW_SCALE).
#define BW_SCALE 24

#define KFUNC SECTION(".ksyms")
extern void bbr_init(struct sock *sk) KFUNC;
extern void bbr_main(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs) KFUNC;
extern u32 bbr_sndbuf_expand(struct sock *sk) KFUNC;
extern u32 bbr_undo_cwnd(struct sock *sk) KFUNC;
extern void bbr_cwnd_event_tx_start(struct sock *sk) KFUNC;
extern u32 bbr_ssthresh(struct sock *sk) KFUNC;
extern u32 bbr_min_tso_segs(struct sock *sk) KFUNC;
extern void bbr_set_state(struct sock *sk, u8 state) KFUNC;
static u64 (*const jiffies64)(void) = (void *)118; // BPF_FUNC_jiffies64, linux/bpf.h

// A bit-field's place is known only where it is loaded: offset of its word, and how far to
// shift that left and right in 64 bits (enum bpf_field_info_kind, libbpf).
#define INFO(object, field, kind) __builtin_preserve_field_info((object)->field, kind)
#define WORD(object, field) ((u32 *)((void *)(object) + INFO(object, field, 0)))
#define LEFT(object, field) INFO(object, field, 4)
#define RIGHT(object, field) INFO(object, field, 5)
#define BITS(object, field) \
    ((u64)*WORD(object, field) << LEFT(object, field) >> RIGHT(object, field))
#define PLACE(object, field) (RIGHT(object, field) - LEFT(object, field))
#define SET_BITS(object, field, value) \
    (*WORD(object, field) = (*WORD(object, field) & \
        ~(~0ULL << RIGHT(object, field) >> PLACE(object, field))) | \
        (u64)(value) << PLACE(object, field))

static struct bbr *model(struct inet_connection_sock *icsk)
{
    return (struct bbr *)icsk->icsk_ca_priv;
}

static u32 bandwidth(struct bbr *bbr)
{
    return bbr->bw.s[0].v;
}

// Give or take an eighth of the smallest round trip.
static int no_queue(struct bbr *bbr, struct rate_sample *rs)
{
    return rs->rtt_us > 0 && rs->rtt_us <= bbr->min_rtt_us + bbr->min_rtt_us / 8;
}

// The smallest round trip still is what it was where no queue stands. The kernel wants to see
// it to the microsecond, which no mobile line shows twice, and else stops the flow for 200 ms
// and a round trip every ten seconds (PROBE_RTT).
static void confirm_min_rtt(struct bbr *bbr, struct rate_sample *rs)
{
    if (no_queue(bbr, rs))
        bbr->min_rtt_stamp = jiffies64();
}

// Startup sends 2.9 times what came through, and where it goes on into a full queue two
// packets of three are lost, of every neighbour too. Plain BBR notices only that nothing more
// comes through, three rounds later, or much later: each timeout and each undone recovery has
// it begin anew. A quarter lost is what no line loses that merely loses.
static void leave_startup_in_time(struct tcp_sock *tp, struct bbr *bbr)
{
    u32 delivered = tp->delivered - bbr->lt_last_delivered;
    u32 lost = tp->lost - bbr->lt_last_lost;

    if (BITS(bbr, lt_is_sampling) && delivered >= 64 && lost > delivered / 3)
        SET_BITS(bbr, full_bw_reached, 1);
}

// Nor is a line full where the phone's window, still growing, is all that bounds the flow:
// the round trip says that no queue stands.
static void stay_in_startup_for_the_window(struct tcp_sock *tp, struct bbr *bbr,
                                           struct rate_sample *rs)
{
    u32 sent = tp->snd_nxt - tp->snd_una;

    if (no_queue(bbr, rs) && tp->snd_wnd < sent + 2 * tp->mss_cache)
        SET_BITS(bbr, full_bw_cnt, 0);
}

// A probe that found a sixteenth more, and no queue, is repeated at once and not after six
// quiet rounds: what early losses have taken for a full line is a slow one for many seconds
// otherwise. Of the quarter that a probe sends more, a bad line loses half again. full_bw,
// which plain BBR leaves alone after startup, holds what was known when the probe began.
static void repeat_fruitful_probe(struct tcp_sock *tp, struct bbr *bbr,
                                  struct rate_sample *rs, int probe_begins)
{
    u64 bw = bandwidth(bbr);

    if (probe_begins) {
        bbr->full_bw = bw;
    } else if (BITS(bbr, cycle_idx) != PROBING && bbr->full_bw && no_queue(bbr, rs) &&
           bw * 16 >= bbr->full_bw * 17ULL) {
        bbr->full_bw = bw;
        SET_BITS(bbr, cycle_idx, PROBING);
        bbr->cycle_mstamp = tp->delivered_mstamp;
    }
}

// The phase that is to drain the queue does so: what is in flight falls to what the line
// holds, and the eighth by which a round trip confirms the smallest.
static void drain(struct tcp_sock *tp, struct bbr *bbr)
{
    u64 line = (u64)bandwidth(bbr) * bbr->min_rtt_us >> BW_SCALE;
    u32 most = line + line / 8;

    if (most < 4)
        most = 4;
    if (BITS(bbr, cycle_idx) == DRAINING && tp->snd_cwnd > most)
        tp->snd_cwnd = most;
}

SECTION("struct_ops/cong_control") void phone_cong_control(u64 *args)
{
    void *sk = (void *)args[0];
    struct rate_sample *rs = (void *)args[3]; // not const: libbpf would look for a type "const"
    struct tcp_sock *tp = sk;
    struct bbr *bbr = model(sk);
    int was_probing = BITS(bbr, mode) == PROBE_BW && BITS(bbr, cycle_idx) == PROBING;

    confirm_min_rtt(bbr, rs);
    bbr_main(sk, args[1], args[2], rs);
    if (BITS(bbr, mode) == STARTUP) {
        stay_in_startup_for_the_window(tp, bbr, rs);
        leave_startup_in_time(tp, bbr);
    } else if (BITS(bbr, mode) == PROBE_BW) {
        repeat_fruitful_probe(tp, bbr, rs, !was_probing && BITS(bbr, cycle_idx) == PROBING);
        drain(tp, bbr);
    }
}

// The rest is BBR's own, each of one argument.
#define LENT(type, name) \
    SECTION("struct_ops/" #name) type phone_##name(u64 *args) \
    { \
        return bbr_##name((void *)args[0]); \
    }
LENT(void, init)
LENT(u32, sndbuf_expand)
LENT(u32, undo_cwnd)
LENT(void, cwnd_event_tx_start)
LENT(u32, ssthresh)
LENT(u32, min_tso_segs)

SECTION("struct_ops/set_state") void phone_set_state(u64 *args)
{
    bbr_set_state((void *)args[0], args[1]);
}

struct tcp_congestion_ops {
    void (*cong_control)(struct sock *, u32, int, const struct rate_sample *);
    u32 (*ssthresh)(struct sock *);
    void (*set_state)(struct sock *, u8);
    void (*cwnd_event_tx_start)(struct sock *);
    u32 (*min_tso_segs)(struct sock *);
    u32 (*undo_cwnd)(struct sock *);
    u32 (*sndbuf_expand)(struct sock *);
    void (*init)(struct sock *);
    char name[16];
    u32 flags;
};

SECTION(".struct_ops") struct tcp_congestion_ops bbr_phone = {
    .cong_control = (void *)phone_cong_control,
    .ssthresh = (void *)phone_ssthresh,
    .set_state = (void *)phone_set_state,
    .cwnd_event_tx_start = (void *)phone_cwnd_event_tx_start,
    .min_tso_segs = (void *)phone_min_tso_segs,
    .undo_cwnd = (void *)phone_undo_cwnd,
    .sndbuf_expand = (void *)phone_sndbuf_expand,
    .init = (void *)phone_init,
    .name = "bbr.phone", // bpf_obj_name_cpy takes no hyphen
    .flags = 1, // TCP_CONG_NON_RESTRICTED, net/tcp.h
};

SECTION("license") char _license[] = "GPL"; // the kernel lends these functions to no other
