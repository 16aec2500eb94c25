-- What is packed in the newer form is packed anew.
INSERT INTO sales_due (day) SELECT day FROM sales_days WHERE true ON CONFLICT DO UPDATE SET changes = changes + 1;
DELETE FROM sales_days;
