"""Runs a program and tells, as JSON, what it sent: every TCP SYN and every UDP packet that left any interface.

Needs CAP_NET_RAW. Usage: watch-syns.py PROGRAM [ARGUMENT…]
"""

import json
import select
import socket
import struct
import subprocess
import sys
import threading

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD
PACKET_OUTGOING = 4
SOL_PACKET, PACKET_STATISTICS = 263, 6
TCP, UDP = 6, 17


def read_packet(packet, protocol):
    """[kind, address, port] of a SYN or a UDP packet; None for anything else."""
    if protocol == ETH_P_IP:
        carried, start, to = packet[9], (packet[0] & 15) * 4, socket.inet_ntop(socket.AF_INET, packet[16:20])
    elif protocol == ETH_P_IPV6:
        carried, start, to = packet[6], 40, socket.inet_ntop(socket.AF_INET6, packet[24:40])
    else:
        return None
    port = struct.unpack_from("!H", packet, start + 2)[0] if carried in (TCP, UDP) else 0
    if carried == UDP:
        return ["udp", to, port]
    # SYN without ACK: the first packet of whoever opens a connection.
    return ["syn", to, port] if carried == TCP and packet[start + 13] & 0x12 == 0x02 else None


def watch(tap, stop, seen):
    """Reads until it is told to stop and nothing waits any more."""
    while not (stop.is_set() and not select.select([tap], [], [], 0.2)[0]):
        if not select.select([tap], [], [], 0.2)[0]:
            continue
        packet, (_, protocol, kind, *_) = tap.recvfrom(256)
        found = read_packet(packet, protocol) if kind == PACKET_OUTGOING else None
        if found:
            seen.append(found)


def count_opened():
    """How many connections this namespace has opened so far, by the kernel's own count."""
    with open("/proc/self/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("Tcp:")]
    return int(values[names.index("ActiveOpens")])


def main():
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    seen, stop, before = [], threading.Event(), count_opened()
    thread = threading.Thread(target=watch, args=(tap, stop, seen))
    thread.start()
    child = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=False)
    stop.set()
    thread.join()
    dropped = struct.unpack("II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
    said = child.stdout.decode()
    told = {"packets": seen, "dropped": dropped, "opened": count_opened() - before, "said": said}
    json.dump(told, sys.stdout)
    sys.exit(child.returncode)


main()
