"""Which servers a program trusts, where a URL begins with rtmps://."""

from __future__ import annotations

import argparse

import oxrtmp


def add_flags(parser: argparse.ArgumentParser) -> None:
    help = "who vouches for rtmps servers; the system's authorities"
    parser.add_argument("-ca", metavar="FILE", default="", help=help)
    parser.add_argument("-insecure", action="store_true", help="do not check their certificates")


def client_options(flags: argparse.Namespace) -> oxrtmp.ClientOptions:
    return {"tls": oxrtmp.TLS(ca_file=flags.ca, insecure=flags.insecure)}


def add_follow_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-follow", action="store_true", help="go on at another server when this one asks for it")


def following_options(flags: argparse.Namespace) -> oxrtmp.ClientOptions:
    """The same for programs that go where a server sends them that is about to end."""
    return {**client_options(flags), "follow_reconnects": flags.follow}
