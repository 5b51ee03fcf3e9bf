"""Frames of a flood and of what hides in it, as small captures. Checksums are left out (-k none)."""
import random
import socket
import struct

SYN, ACK, PSH_ACK, SYN_ACK, FIN_ACK = 0x02, 0x10, 0x18, 0x12, 0x11
VICTIM, PORT = "192.0.2.1", 80


def write_pcap(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 1700000000, number % 1000000, len(frame), len(frame)) + frame)


def ip(src, dst, protocol, rest):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(rest), 1, 0x4000, 64, protocol, 0,
                         socket.inet_aton(src), socket.inet_aton(dst))
    return bytes.fromhex("020000000001" "020000000002" "0800") + header + rest


def tcp(src, sport, dst, dport, seq, ack, flags, data=b""):
    return ip(src, dst, 6, struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 65535, 0, 0) + data)


def udp(src, sport, dst, dport, data):
    return ip(src, dst, 17, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data)


def somewhere(chance):
    return f"198.18.{chance.randrange(256)}.{chance.randrange(1, 255)}", chance.randrange(1024, 65536)


def flood(count):
    """SYNs and small datagrams in turn, from everywhere."""
    chance = random.Random(count)
    for number in range(count):
        if number % 2:
            yield udp(*somewhere(chance), VICTIM, chance.randrange(1024, 65536), chance.randbytes(20))
        else:
            yield tcp(*somewhere(chance), VICTIM, PORT, chance.getrandbits(32), 0, SYN)


def large_datagrams(count):
    """From everywhere: what fills a ring with few frames."""
    chance = random.Random(count)
    return (udp(*somewhere(chance), VICTIM, 5005, bytes(8000)) for _ in range(count))


def connection(client, port, path):
    """One request and its answer, from the handshake to the end."""
    ask = f"GET {path} HTTP/1.1\r\nHost: www.example\r\n\r\n".encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    there, back = (client, port, VICTIM, PORT), (VICTIM, PORT, client, port)
    c, s = 1001, 9001
    return [tcp(*there, 1000, 0, SYN), tcp(*back, 9000, c, SYN_ACK), tcp(*there, c, s, ACK),
            tcp(*there, c, s, PSH_ACK, ask), tcp(*back, s, c + len(ask), PSH_ACK, answer),
            tcp(*there, c + len(ask), s + len(answer), FIN_ACK),
            tcp(*back, s + len(answer), c + len(ask) + 1, FIN_ACK),
            tcp(*there, c + len(ask) + 1, s + len(answer) + 1, ACK)]


def datagrams(client, port, first, count):
    """Part of a long one-way flow."""
    return [udp(client, port, VICTIM, 5004, struct.pack("!I", first + i) * 350) for i in range(count)]
