"""Multicast DNS: `mdns.py announce ADDRESS` offers a printer until somebody has asked for it, `mdns.py
browse ADDRESS` looks for it."""
import socket
import sys
import threading

from zeroconf import ServiceBrowser, ServiceInfo, ServiceListener, Zeroconf

KIND = "_ipp._tcp.local."


def announce(node, address):
    info = ServiceInfo(KIND, "Chart room." + KIND, addresses=[socket.inet_aton(address)], port=631,
                       properties={"note": "second floor"}, server="printer.local.")
    node.register_service(info)
    print("ready", flush=True)
    seen = threading.Event()
    old = node.handle_assembled_query
    node.handle_assembled_query = lambda *args: (old(*args), seen.set())
    seen.wait(15)
    node.unregister_service(info)
    print("gone", flush=True)


def browse(node, address):
    found = threading.Event()

    class Found(ServiceListener):
        def add_service(self, zeroconf, kind, name):
            zeroconf.get_service_info(kind, name)
            found.set()

        def update_service(self, *args):
            pass

        def remove_service(self, *args):
            pass

    ServiceBrowser(node, KIND, Found())
    found.wait(10)


node = Zeroconf(interfaces=[sys.argv[2]])
{"announce": announce, "browse": browse}[sys.argv[1]](node, sys.argv[2])
node.close()
