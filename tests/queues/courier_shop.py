# SPDX-License-Identifier: Apache-2.0
"""The tasks of a shop. As a program, courier_shop.py SPOOL, it sends sixty and waits until they have run."""

import os
import sys
import time

from courier import message


def pack(order):
    time.sleep(0.01)


def mail(order):
    time.sleep(0.005)
    if order % 5 == 0:
        raise ConnectionError(order)


def main(spool):
    for order in range(30):
        message.send(spool, "pack", order, queue="warehouse")
        message.send(spool, "mail", order)
    while os.listdir(spool):
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1])
