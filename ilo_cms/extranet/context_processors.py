"""What every page shows around its content."""


def page(request):
    """placeholder"""
    return {"page": {}}
