"""gunicorn, in every place: `python -m gunicorn -c gunicorn.conf.py config.wsgi`.

Threads and not asyncio: Django's database work is synchronous. Loading the application before
forking makes a refused setting stop the server with its sentence instead of a loop of workers.
"""

import sys
from pathlib import Path


root = Path(__file__).resolve().parent
chdir = str(root)  # the process that checks files loads its parsers from here, once for all
pythonpath = str(root / "site")
sys.path.insert(0, pythonpath)

from config import env  # noqa: E402


bind = env.BIND
worker_class = "gthread"
workers = env.WEB_WORKERS
threads = env.WEB_THREADS
preload_app = True
graceful_timeout = 20
timeout = 60
max_requests = 0
accesslog = None  # addresses may hold a link's token: the proxy in front keeps what law allows
control_socket_disable = True
