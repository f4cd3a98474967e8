"""What a deployment may choose: every key's reader, the guest's and Azure's.

Pure: no Pulumi, clock, randomness or network. ``Pulumi.yaml`` is the table of settings, which
`table` reads: type, default, text, secret or not. `guest` reads what the guest is made from,
`machine` what Azure is told of the machine around it, `file` a settings file.

A new setting takes four steps:

1. A row in ``Pulumi.yaml``, below its group's heading, whose first sentence says it in short. Then
   ``python -m settings table --write``, which brings docs/settings.md up to date.
2. Its reader: in `values` or a module of its own, and a line in `guest` (with a field of
   `Settings`) or in `machine`. It returns the usable value or raises `BadValue`, worded to stand
   behind the key. A guest's setting also gets its line in ``settings.example.yaml``.
3. Its use: a value in ``cloud_init/files.py`` that a template names, or a part that is on or off
   and a layer of ``cloud_init/rootfs/``; for the machine, ``gateway/``.
4. Its tests: good and bad values in ``tests/settings``, what it changes of the guest in
   ``tests/cloud_init`` or of the requests in ``tests/gateway``, and its choice in
   ``ops/ci/guests.py`` (`FLIPPED`), so that a pull request shows what it does.
"""

try:
    import yaml  # noqa: F401
except ModuleNotFoundError:
    words = "PyYAML is missing: make render brings it into .venv; then .venv/bin/python -m …"
    raise SystemExit(words) from None
