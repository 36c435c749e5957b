-- paid orders only
CREATE TEMP VIEW orders USING csv OPTIONS (path 'orders.csv', header 'true', inferSchema 'true');
CREATE OR REPLACE TEMPORARY VIEW paid AS
SELECT * FROM orders WHERE status = 'paid' AND amount > 10;

CREATE TABLE report USING parquet AS
SELECT customer, sum(amount * 1.19) AS gross, count(*) AS orders
FROM paid GROUP BY customer;
SELECT count(*), sum(gross) FROM report;
INSERT INTO report SELECT 99, 1.0, 1;
