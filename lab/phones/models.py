"""What the clients built into phones and computers propose, as their makers document it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """What a maker's built-in client proposes, in its order and in strongSwan's words."""

    ike: str
    esp: str
    source_port: int
    """UDP, of L2TP. Apple's clients choose a high one at random."""
    replay_window: int = 32
    """Packets: ESP that comes so far behind is taken for a replay. RFC 4303 asks for 32 at
    least; strongSwan's own."""
    sha256_96: bool = False
    """Whether its kernel cuts HMAC-SHA-256 to 96 bits, unlike RFC 4868. Not negotiated."""


# Those with L2TP.
IPHONE = Model(
    # Since iOS 9.3, also on the Mac.
    ike="aes256-sha256-modp2048,aes256-sha1-modp2048,aes256-md5-modp2048",
    esp="aes256-sha256,aes256-sha1,aes256-md5,aes128-sha256,aes128-sha1",
    source_port=50321,
)
WINDOWS = Model(
    ike="aes256-sha1-ecp384,aes128-sha1-ecp256,aes256-sha1-modp2048,3des-sha1-modp2048",
    esp="aes256-sha1,aes128-sha1,3des-sha1",
    source_port=1701,
)
CHROMEOS = Model(
    # The same file as CHROMEOS_IKEV2's, without modp1024, which no gateway of ours takes.
    ike="aes128-sha256-modp3072,aes128-sha1-modp2048,3des-sha1-modp1536",
    esp="aes128gcm16,aes128-sha256,aes128-sha1,3des-sha1",
    source_port=1701,
)
LINUX = Model(
    # What IPsec proposes by itself. NetworkManager leaves xl2tpd's port as it is.
    ike="default",
    esp="default",
    source_port=1701,
)
OLD_ANDROID = Model(
    # AOSP, external/ipsec-tools, setup.c, up to Android 11; SHA-2 as an Android 10 had it
    # (hwdsl2/setup-ipsec-vpn 1291). Without DES and MD5, which it offers last.
    ike="aes256-sha384-modp1024,aes256-sha256-modp1024,aes256-sha1-modp1024"
    ",aes128-sha256-modp1024,aes128-sha1-modp1024,3des-sha1-modp1024",
    esp="aes256-sha256,aes256-sha1,aes128-sha256,aes128-sha1,3des-sha1",
    # mtpd binds none, so the kernel chooses.
    source_port=40961,
    # racoon's pfkey.c asks for 4, "static size of window", and Linux counts packets. (KAME's
    # kernels, Apple's among them, count bytes of a bit for each: 32.)
    replay_window=4,
    # Android 6 and 7 (libreswan.org's FAQ): PF_KEY of Linux knows no other length.
    sha256_96=True,
)

# Those with IKEv2.
IOS = Model(
    # Apple, "VPN" payload, IKESecurityAssociationParameters: since iOS 14.2 group 14 and
    # AES-256 with SHA2-256 unless a profile says otherwise.
    ike="aes256-sha256-modp2048,aes256-sha256-ecp256,aes256-sha1-modp1536",
    esp="aes256-sha256,aes128-sha1",
    source_port=0,
)
MAC = Model(
    # As a profile asks of it.
    ike="aes256gcm16-prfsha384-ecp384,aes256-sha256-modp2048",
    esp="aes256gcm16,aes256-sha256",
    source_port=0,
)
ANDROID = Model(
    # AOSP, com.android.server.connectivity.VpnIkev2Utils: AES-CBC and -CTR with SHA-2, then
    # AEADs; groups 16, 31, 15, 14 in this order and no elliptic curves of NIST's.
    ike="aes256-aes192-aes128-sha512-sha384-sha256-modp4096-curve25519-modp3072-modp2048,"
    "aes256gcm16-aes128gcm16-prfsha512-prfsha384-prfsha256-modp4096-curve25519-modp3072-modp2048",
    esp="aes256gcm16-aes128gcm16,aes256-aes192-aes128-sha512-sha384-sha256",
    source_port=0,
    # AOSP, netd, XfrmController.cpp: REPLAY_WINDOW_SIZE.
    replay_window=4,
)
CHROMEOS_IKEV2 = Model(
    # chromiumos/platform2, shill/vpn/ipsec_connection.cc: strongSwan's defaults of 5.9.2
    # without 3DES and SHA-1.
    ike="aes128-aes192-aes256-camellia128-camellia192-camellia256"
    "-aesxcbc-aescmac-sha256-sha384-sha512-ecp256-ecp384-ecp521-ecp256bp-ecp384bp-ecp512bp"
    "-curve25519-curve448-modp3072-modp4096-modp6144-modp8192-modp2048,"
    "aes128gcm16-aes192gcm16-aes256gcm16-chacha20poly1305-aes128gcm12-aes192gcm12-aes256gcm12"
    "-aes128gcm8-aes192gcm8-aes256gcm8-prfsha256-prfsha384-prfsha512-prfaesxcbc-prfaescmac"
    "-ecp256-ecp384-ecp521-ecp256bp-ecp384bp-ecp512bp-curve25519-curve448"
    "-modp3072-modp4096-modp6144-modp8192-modp2048",
    esp="aes128gcm16-aes192gcm16-aes256gcm16,aes128-aes192-aes256-sha256-sha384-sha512-aesxcbc",
    source_port=0,
)
NETWORK_MANAGER = Model(
    # charon-nm takes strongSwan's own defaults.
    ike="default",
    esp="default",
    source_port=0,
)
