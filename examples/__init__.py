"""Example inboxes: invented workbooks, as dirty as real ones, from which the figures of the reference slides come out."""
