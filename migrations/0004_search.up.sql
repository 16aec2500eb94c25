-- Kept for full-text search: numbers run without a gap.
SELECT 1;
