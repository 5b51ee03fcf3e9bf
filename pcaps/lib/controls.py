"""Seeded captures of what pumps and gates speak and Debian has no program for: DNP3, EtherNet/IP, S7."""
import struct

from . import talks
from .features import BASE, feature

MASTER, STATION = "10.50.1.20", "10.50.7.12"
DNP3, ENIP, S7 = 20000, 44818, 102


def session(rng, capture, port, number=0):
    return talks.Tcp(capture, rng, BASE + number * 5000000, MASTER, 50000 + number, STATION, port).open()


# DNP3, IEEE 1815: link frames with a checksum every 16 bytes, transport segments, application fragments.
FIRST, FINAL, CONFIRM, UNSOLICITED = 0x80, 0x40, 0x20, 0x10
READ, WRITE, SELECT, OPERATE, DIRECT, COLD_RESTART, RESPONSE, EVENT = 1, 2, 3, 4, 5, 13, 129, 130


def crc_dnp3(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA6BC if crc & 1 else 0)
    return struct.pack("<H", crc ^ 0xFFFF)


def link(data, to_station=True):
    """An unconfirmed frame between master 3 and station 12."""
    ends = (12, 3) if to_station else (3, 12)
    head = struct.pack("<BBBBHH", 5, 0x64, 5 + len(data), 0xC4 if to_station else 0x44, *ends)
    blocks = [data[i:i + 16] for i in range(0, len(data), 16)]
    return head + crc_dnp3(head) + b"".join(block + crc_dnp3(block) for block in blocks)


def fragment(body, to_station=True, segment=249):
    """Transport segments, each in a frame, of one application fragment."""
    frames = b""
    for number, at in enumerate(range(0, len(body), segment)):
        flags = (0x40 if at == 0 else 0) | (0x80 if at + segment >= len(body) else 0)
        frames += link(bytes([flags | number]) + body[at:at + segment], to_station)
    return frames


def ask_dnp3(sequence, function, objects=b"", flags=0):
    return fragment(bytes([FIRST | FINAL | flags | sequence, function]) + objects)


def answer_dnp3(sequence, objects=b"", function=RESPONSE, flags=0, indications=0):
    head = bytes([FIRST | FINAL | flags | sequence, function]) + struct.pack(">H", indications)
    return fragment(head + objects, to_station=False)


CLASSES = bytes.fromhex("3c0206 3c0306 3c0406 3c0106")
BINARY_INPUTS = bytes([1, 2, 0, 0, 4]) + bytes([0x81, 0x01, 0x81, 0x01, 0x81])
LEVELS = bytes([30, 1, 0, 0, 1]) + struct.pack("<BiBi", 1, 340, 1, -12)
MANY_LEVELS = bytes([30, 1, 1]) + struct.pack("<HH", 0, 79) + b"".join(struct.pack("<Bi", 1, i) for i in range(80))
GATE_OPENS = bytes([12, 1, 0x28]) + struct.pack("<HHBBIIB", 1, 7, 0x41, 1, 1500, 0, 0)
TIME = bytes([50, 1, 7, 1]) + (1795000000000).to_bytes(6, "little")
IN_FIVE_SECONDS = bytes([52, 2, 7, 1]) + struct.pack("<H", 5000)
CHANGE = bytes([2, 1, 0x17, 1, 4, 0x81])


@feature("dnp3.pcap", "DNP3: classes read, a gate opened, the clock set, an event unasked, a restart, a bad checksum",
         "protocols")
def dnp3(rng, capture):
    talk = session(rng, capture, DNP3)
    talk.to_server(ask_dnp3(0, READ, CLASSES)).to_client(answer_dnp3(0, BINARY_INPUTS + LEVELS, flags=CONFIRM))
    talk.to_server(ask_dnp3(0, 0))
    talk.to_server(ask_dnp3(1, SELECT, GATE_OPENS)).to_client(answer_dnp3(1, GATE_OPENS))
    talk.to_server(ask_dnp3(2, OPERATE, GATE_OPENS)).to_client(answer_dnp3(2, GATE_OPENS))
    talk.to_server(ask_dnp3(3, WRITE, TIME)).to_client(answer_dnp3(3))
    talk.to_server(ask_dnp3(4, READ, bytes([30, 1, 6]))).to_client(answer_dnp3(4, MANY_LEVELS))
    talk.to_client(answer_dnp3(5, CHANGE, EVENT, CONFIRM | UNSOLICITED))
    talk.to_server(ask_dnp3(5, 0, flags=UNSOLICITED))
    talk.to_server(ask_dnp3(6, COLD_RESTART)).to_client(answer_dnp3(6, IN_FIVE_SECONDS, indications=0x8000))
    talk.close()
    broken = bytearray(ask_dnp3(0, DIRECT, GATE_OPENS))
    broken[12] ^= 1
    session(rng, capture, DNP3, 1).to_server(ask_dnp3(7, READ, CLASSES)).to_server(bytes(broken)).close()


# EtherNet/IP and CIP, ODVA: a header of 24 bytes, items, a service with a path in each.
REGISTER, UNREGISTER, LIST_IDENTITY, SEND_DATA, SEND_UNIT = 0x65, 0x66, 0x63, 0x6F, 0x70
HANDLE = 0x11220007


def encapsulated(command, data=b"", handle=HANDLE, status=0):
    return struct.pack("<HHII8sI", command, len(data), handle, status, b"gauge-12", 0) + data


def items(cip, address=b""):
    """An address (none, or a connection's number) and the message for it."""
    kinds = (0xA1, 0xB1) if address else (0, 0xB2)
    out = struct.pack("<IHH", 0, 10, 2)
    return out + struct.pack("<HH", kinds[0], len(address)) + address + struct.pack("<HH", kinds[1], len(cip)) + cip


def request(service, klass, instance, attribute=None, data=b""):
    path = bytes([0x20, klass, 0x24, instance]) + (bytes([0x30, attribute]) if attribute is not None else b"")
    return bytes([service, len(path) // 2]) + path + data


def reply(service, data=b"", status=0):
    return bytes([service | 0x80, 0, status, 0]) + data


def several(messages):
    """The body of a Multiple Service Packet: offsets, then the messages."""
    offsets, at = b"", 2 + 2 * len(messages)
    for message in messages:
        offsets += struct.pack("<H", at)
        at += len(message)
    return struct.pack("<H", len(messages)) + offsets + b"".join(messages)


def identity():
    name = b"gauge controller"
    body = struct.pack("<H", 1) + struct.pack(">HH4s8s", 2, ENIP, bytes([10, 50, 7, 12]), bytes(8))
    body += struct.pack("<HHHBBHI", 1, 14, 54, 20, 11, 0x60, 0xC0FFEE) + bytes([len(name)]) + name + b"\3"
    return struct.pack("<HHH", 1, 0x0C, len(body)) + body


@feature("enip.pcap", "EtherNet/IP: identities over UDP, a session, CIP attributes, several services in one, an error",
         "protocols")
def enip(rng, capture):
    talks.udp(capture, rng, BASE - 1000000, MASTER, 49999, STATION, ENIP, encapsulated(LIST_IDENTITY, handle=0),
              encapsulated(LIST_IDENTITY, identity(), handle=0))
    talk = session(rng, capture, ENIP)
    version = struct.pack("<HH", 1, 0)
    talk.to_server(encapsulated(REGISTER, version, 0)).to_client(encapsulated(REGISTER, version))

    def ask(message, answer):
        talk.to_server(encapsulated(SEND_DATA, items(message))).to_client(encapsulated(SEND_DATA, items(answer)))

    ask(request(0x0E, 1, 1, 7), reply(0x0E, b"\x10gauge controller"))
    ask(request(0x10, 0x6B, 9, 3, struct.pack("<H", 340)), reply(0x10))
    ask(request(0x0A, 2, 1, data=several([request(0x0E, 1, 1, 1), request(0x01, 1, 1)])),
        reply(0x0A, several([reply(0x0E, b"\1\0"), reply(0x01, bytes(12))])))
    ask(request(0x0E, 0x77, 1, 1), reply(0x0E, status=5))
    number = struct.pack("<I", 0x5A5A0001)
    talk.to_server(encapsulated(SEND_UNIT, items(b"\1\0" + request(0x4C, 0x6B, 1), number)))
    talk.to_client(encapsulated(SEND_UNIT, items(b"\1\0" + reply(0x4C, b"\xc4\0\x54\1\0\0"), number)))
    talk.to_server(encapsulated(UNREGISTER)).close()


# S7 communication over ISO-on-TCP (RFC 1006): TPKT, a COTP header, then function and items.
JOB, ACK_DATA, USER_DATA = 1, 3, 7


def tpkt(data):
    return struct.pack(">BBH", 3, 0, 4 + len(data)) + data


def cotp(kind, target, source):
    """A connection asked for (0xE0) or granted (0xD0): rack 0, slot 2."""
    options = bytes.fromhex("c0010a c1020100 c2020102")
    return tpkt(bytes([6 + len(options), kind]) + struct.pack(">HHB", target, source, 0) + options)


def s7(kind, reference, parameters, data=b"", error=b""):
    head = struct.pack(">BBHHHH", 0x32, kind, 0, reference, len(parameters), len(data)) + error
    return tpkt(b"\x02\xf0\x80" + head + parameters + data)


SETUP = struct.pack(">BBHHH", 0xF0, 0, 1, 1, 480)
WORD = bytes.fromhex("120a10 02 0002 0001 84 000050")
STOP = bytes([0x29, 0, 0, 0, 0, 0, 9]) + b"P_PROGRAM"
START = bytes([0x28, 0, 0, 0, 0, 0, 0, 0xFD, 0, 0, 9]) + b"P_PROGRAM"


@feature("s7comm.pcap", "S7: a word read and written, a read refused, the program stopped, its start refused",
         "protocols")
def s7comm(rng, capture):
    talk = session(rng, capture, S7)
    talk.to_server(cotp(0xE0, 0, 7)).to_client(cotp(0xD0, 7, 9))

    def job(reference, parameters, data=b"", answer=b"", answer_data=b"", error=b"\0\0"):
        talk.to_server(s7(JOB, reference, parameters, data))
        talk.to_client(s7(ACK_DATA, reference, answer or parameters[:1], answer_data, error))

    job(1, SETUP, answer=SETUP)
    job(2, b"\x04\x01" + WORD, answer=b"\x04\x01", answer_data=bytes.fromhex("ff0400100154"))
    job(3, b"\x05\x01" + WORD, b"\x00\x04\x00\x10\x01\x55", b"\x05\x01", b"\xff")
    job(4, b"\x04\x01" + WORD[:6] + b"\x00\x63" + WORD[8:], answer=b"\x04\x01", answer_data=b"\x0a\0\0\0")
    job(5, STOP)
    job(6, START, error=b"\x81\x04")
    talk.close()
