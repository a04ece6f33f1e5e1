"""Changes of grids, evaluations and satisfaction forms, one module per noun."""
