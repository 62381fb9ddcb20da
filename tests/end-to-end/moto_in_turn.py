"""moto's server, one request at a time.

With threads, as `moto_server` runs it, its look at a condition and its write are two steps: updates are lost. AWS
does the updates of one item one after the other.
"""

import sys

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
