"""The least of a Runtime API that a function needs: one invocation at a time, of a Function URL.

`tests/runtime-api` is the whole one.
"""

import http.server
import json
import queue
import subprocess
import threading
import time

PRELUDE_ENDS = b"\0" * 8


class Runtime:
    """A running function, and requests to it."""

    def __init__(self, program, environment, log):
        self.events, self.answers = queue.Queue(), queue.Queue()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        own = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "adit-dev",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/adit-dev",
            "AWS_LAMBDA_LOG_STREAM_NAME": "1",
        }
        self.process = subprocess.Popen([program], env=environment | own, stdout=log, stderr=log)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.server.shutdown()

    def post(self, path, key, body, patience_seconds):
        """The status and the body of what the function answers."""
        http_ = {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
        context = {"http": http_, "requestId": "1", "stage": "$default", "routeKey": "$default", "accountId": "1",
                   "apiId": "1", "domainName": "localhost", "domainPrefix": "1", "time": "-", "timeEpoch": 0}  # fmt: skip
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json", "host": "localhost"}
        event = {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
                 "requestContext": context, "body": json.dumps(body), "isBase64Encoded": False}  # fmt: skip
        self.events.put(event)
        prelude, _, answer = self.answers.get(timeout=patience_seconds).partition(PRELUDE_ENDS)
        return json.loads(prelude)["statusCode"], answer.decode()

    def handler(runtime):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                event = json.dumps(runtime.events.get()).encode()
                self.send_response(200)
                self.send_header("lambda-runtime-aws-request-id", "1")
                self.send_header("lambda-runtime-deadline-ms", str(int((time.time() + 60) * 1000)))
                self.send_header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:1:function:adit-dev")
                self.send_header("content-length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self):
                body = self.body()
                self.send_response(202)
                self.send_header("content-length", "0")
                self.end_headers()
                runtime.answers.put(body)

            def body(self):
                if "content-length" in self.headers:
                    return self.rfile.read(int(self.headers["content-length"]))
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                while self.rfile.readline().strip():
                    pass
                return body

            def log_message(self, *_):
                pass

        return Handler
