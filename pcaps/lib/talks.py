"""Conversations: TCP sessions and UDP exchanges laid into a capture, with plausible times."""
from . import frames as f

MSS = 1460
SYN_OPTIONS = bytes.fromhex("020405b40402010303 07".replace(" ", ""))


class Tcp:
    """One TCP session. `now` moves on with every packet; rtt_us is the way there and back."""

    def __init__(self, capture, rng, now, client, cport, server, sport, rtt_us=24000, ttl=(64, 57), mss=MSS):
        self.capture, self.rng, self.now, self.rtt = capture, rng, int(now), rtt_us
        self.ends = (client, cport), (server, sport)
        self.ttl, self.mss = ttl, mss
        self.seq = [rng.getrandbits(32), rng.getrandbits(32)]
        self.ident = [rng.getrandbits(16), rng.getrandbits(16)]

    def wrap(self, side, datagram):
        """The frame around a datagram; tunnels and tags are put on by overriding this."""
        macs = (f.CLIENT_MAC, f.SERVER_MAC) if side == 0 else (f.SERVER_MAC, f.CLIENT_MAC)
        return f.ether(datagram, src=macs[0], dst=macs[1])

    def datagram(self, side, flags, payload=b"", options=b"", seq=None):
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        ack = self.seq[1 - side] if flags & f.ACK else 0
        segment = f.tcp(src, dst, sport, dport, self.seq[side] if seq is None else seq, ack, flags, payload,
                        options=options)
        self.ident[side] = (self.ident[side] + 1) & 0xFFFF
        return f.ip(src, dst, f.TCP, segment, self.ttl[side], self.ident[side])

    def emit(self, side, flags, payload=b"", options=b"", seq=None):
        self.capture.add(self.now, self.wrap(side, self.datagram(side, flags, payload, options, seq)))

    def wait(self, low_us, high_us=None):
        self.now += low_us if high_us is None else self.rng.randint(int(low_us), int(high_us))

    def half(self):
        """Half a round trip, with a little noise."""
        self.now += max(1, int(self.rtt / 2 * self.rng.uniform(0.9, 1.2)))

    def open(self):
        self.emit(0, f.SYN, options=SYN_OPTIONS)
        self.seq[0] += 1
        self.half()
        self.emit(1, f.SYN | f.ACK, options=SYN_OPTIONS)
        self.seq[1] += 1
        self.half()
        self.emit(0, f.ACK)
        return self

    def send(self, side, data):
        for at in range(0, len(data), self.mss):
            part = data[at:at + self.mss]
            last = at + self.mss >= len(data)
            self.now += self.rng.randint(20, 200)
            self.emit(side, f.ACK | (f.PSH if last else 0), part)
            self.seq[side] += len(part)
            if last or at // self.mss % 2:
                self.half()
                self.emit(1 - side, f.ACK)
        return self

    def to_server(self, data):
        return self.send(0, data)

    def to_client(self, data):
        return self.send(1, data)

    def close(self, side=0):
        for end in (side, 1 - side):
            self.emit(end, f.FIN | f.ACK)
            self.seq[end] += 1
            self.half()
        self.emit(side, f.ACK)
        return self

    def reset(self, side=1):
        self.emit(side, f.RST | f.ACK)
        return self

    def knock(self, answer=None):
        """A SYN alone: no answer (None), refused ("rst") or accepted and dropped ("open")."""
        self.emit(0, f.SYN, options=SYN_OPTIONS)
        self.seq[0] += 1
        if answer:
            self.half()
            self.emit(1, f.RST | f.ACK if answer == "rst" else f.SYN | f.ACK)
        if answer == "open":
            self.seq[1] += 1
            self.half()
            self.emit(0, f.RST)
        return self


def udp(capture, rng, now, client, cport, server, sport, request, answer=None, rtt_us=12000, ttl=(64, 57)):
    """One datagram and, when there is one, its answer."""
    def put(ts, src, sp, dst, dp, data, hops, macs):
        datagram = f.ip(src, dst, f.UDP, f.udp(src, dst, sp, dp, data), hops, rng.getrandbits(16))
        capture.add(ts, f.ether(datagram, src=macs[0], dst=macs[1]))

    put(now, client, cport, server, sport, request, ttl[0], (f.CLIENT_MAC, f.SERVER_MAC))
    if answer is not None:
        later = now + int(rtt_us * rng.uniform(0.8, 1.5))
        put(later, server, sport, client, cport, answer, ttl[1], (f.SERVER_MAC, f.CLIENT_MAC))
