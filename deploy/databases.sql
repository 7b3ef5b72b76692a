-- Run once by the database's container when its volume is new: the warehouse, and a database apart for Prefect's history.
CREATE DATABASE prefect;
