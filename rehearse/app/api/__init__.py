"""The HTTP interface for programs: what the page can do with a talk, typed, under the same authorisation.

`application` makes it; `rehearse.app.build` mounts it at `PREFIX`. Every handler goes through `Visitors.desk`, as the pages do.
"""

from __future__ import annotations

from rehearse.app.api.service import PREFIX, application

__all__ = ["PREFIX", "application"]
