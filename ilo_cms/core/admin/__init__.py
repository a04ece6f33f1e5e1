"""Base classes of the intranet's screens: who may reach which row is decided here, once.

`RecordViewSet` for plain rows, `WorkflowViewSet` for snippets under a workflow, `ReadOnlyViewSet`
for what nobody edits, `RecordChooserViewSet` for the choosers that forms use.
"""
