# SPDX-License-Identifier: Apache-2.0
"""api_server.py CERTIFICATE KEY NODE: as much of a Kubernetes API server as a client of one node's pods meets.

Prints its port, then obeys lines on standard input, each answered by a line:
  put UID NAMESPACE NAME [HASH]   a pod is there, or changed (HASH: it mirrors a static pod)
  remove UID                      it is there no more
  token TOKEN                     no other is valid from now on
  status N                        what every request is answered with; 200: as it should be
  expire                          the versions known until now are too old
  fill N                          N more pods are there, with UIDs and names of their own
  cut [TEXT]                      open watches end, without a word, or properly after TEXT without an end of line
  say TEXT                        goes to every open watch as it is
  endless                         every open watch gets a line that never ends
  body TEXT                       what every list is answered with; without TEXT: as it should be
  long BYTES                      every list is answered with so many bytes
  count                           says "LISTS WATCHES OPEN", the requests that were answered well
"""

import http.server
import json
import ssl
import sys
import threading
import urllib.parse

SELECTOR = "spec.nodeName=" + sys.argv[3]


class State:
    def __init__(self):
        self.changed = threading.Condition()
        self.version = 100
        self.oldest = 0
        self.pods = {}
        self.events = []  # (version, line)
        self.raw = []  # what "say" and "endless" send: (number of the watches it is for, bytes)
        self.token = "first"
        self.status = 200
        self.body = None
        self.lists = 0
        self.watches = 0
        self.open = 0
        self.cut = 0
        self.last_words = b""


state = State()


def metadata(pod):
    uid, namespace, name, version, mirrored = pod
    data = {"name": name, "namespace": namespace, "uid": uid, "resourceVersion": str(version)}
    data["managedFields"] = [{"manager": "kubelet", "fieldsV1": {"f:status": {"f:phase": {}}}}]
    if mirrored:
        data["annotations"] = {"kubernetes.io/config.mirror": mirrored, "other": "x"}
    return data


def event_line(kind, pod):
    item = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata(pod)}
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def refuse(self, status):
        body = b'{"kind":"Status","apiVersion":"v1","status":"Failure","code":%d}' % status
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
        with state.changed:
            if self.headers["Authorization"] != "Bearer " + state.token:
                return self.refuse(401)
            if state.status != 200:
                return self.refuse(state.status)
            wanted = "PartialObjectMetadata" + ("" if "watch" in query else "List")
            if url.path != "/api/v1/pods" or query.get("fieldSelector") != SELECTOR:
                return self.refuse(403)
            if wanted + ";g=meta.k8s.io;v=v1" not in self.headers["Accept"]:
                return self.refuse(406)
        if "watch" in query:
            return self.watch(query)
        return self.list()

    def list(self):
        with state.changed:
            items = [{"metadata": metadata(pod)} for pod in state.pods.values()]
            answer = {"kind": "PartialObjectMetadataList", "items": items}
            answer["metadata"] = {"resourceVersion": str(state.version)}
            body = json.dumps(answer).encode() if state.body is None else state.body
            state.lists += 1
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def watch(self, query):
        sent = int(query["resourceVersion"])
        with state.changed:
            if sent < state.oldest:
                return self.refuse(410)
            state.watches += 1
            state.open += 1
            cut, raw = state.cut, len(state.raw)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                with state.changed:
                    fresh = [event for event in state.events if event[0] > sent]
                    more = state.raw[raw:]
                    if not fresh and not more and state.cut == cut:
                        state.changed.wait(5)
                        continue
                    if state.cut != cut:
                        return self.drop()
                raw += len(more)
                for sent, line in fresh:
                    self.send(line)
                for data in more:
                    self.send(data)
                    while data == b"x":
                        self.send(b"x" * 65536)
        except OSError:
            self.close_connection = True
        finally:
            with state.changed:
                state.open -= 1
                state.changed.notify_all()

    def drop(self):
        if state.last_words:
            self.send(state.last_words)
            self.send(b"")
        self.close_connection = True


def obey(words):
    kind, rest = words[0], words[1:]
    if kind == "put":
        state.version += 1
        known = rest[0] in state.pods
        state.pods[rest[0]] = (*rest[:3], state.version, rest[3] if len(rest) > 3 else None)
        event = event_line("MODIFIED" if known else "ADDED", state.pods[rest[0]])
        state.events.append((state.version, event))
    elif kind == "remove":
        state.version += 1
        uid, namespace, name, _, mirrored = state.pods.pop(rest[0])
        gone = (uid, namespace, name, state.version, mirrored)
        state.events.append((state.version, event_line("DELETED", gone)))
    elif kind == "token":
        state.token = rest[0]
    elif kind == "status":
        state.status = int(rest[0])
    elif kind == "expire":
        state.version += 1
        state.oldest = state.version
        state.events = []
        status = {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410}
        state.raw.append(json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
    elif kind == "cut":
        state.last_words = " ".join(rest).encode()
        state.cut += 1
    elif kind == "say":
        state.raw.append(" ".join(rest).encode() + b"\n")
    elif kind == "endless":
        state.raw.append(b"x")
    elif kind == "body":
        state.body = " ".join(rest).encode() if rest else None
    elif kind == "long":
        state.body = b" " * int(rest[0])
    elif kind == "fill":
        for number in range(int(rest[0])):
            obey(["put", "%08d-0000-0000-0000-000000000000" % number, "crowd", "pod-%d" % number])
    elif kind == "count":
        return f"{state.lists} {state.watches} {state.open}"
    return "done"


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    for line in sys.stdin:
        with state.changed:
            answer = obey(line.split())
            state.changed.notify_all()
        print(answer, flush=True)


main()
