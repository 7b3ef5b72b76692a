"""From facts to the signed report: measure, score, compose, render, deliver."""
