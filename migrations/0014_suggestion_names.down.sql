DROP INDEX suggestions_name;
