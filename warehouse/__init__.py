"""The warehouse is *where*: tables, every write (store), every query a report stands on (marts), migrations."""
