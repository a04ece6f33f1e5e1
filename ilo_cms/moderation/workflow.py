"""What Wagtail does when the moderation workflow ends: nothing more, the service has decided.

Wagtail imports this module while its own models load, so it must import none.
"""


def finish(workflow_state, user) -> None:
    """Leave the request as `services.decide` wrote it: approved values are live already."""
