"""What a web server loads."""

import os

from django.core.wsgi import get_wsgi_application

from . import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mingduan.config.settings")
application = get_wsgi_application()
tracing.start("mingduan-web")
