"""Tasks say *how*: intake, feedback and report steps; pure functions first, one thin Prefect task at the foot."""
