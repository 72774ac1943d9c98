-- A database with an owner of its own for each service, made where it is missing. Run at every start.
-- The passwords come from the environment.
\set ON_ERROR_STOP on
\getenv settings_password SETTINGS_PASSWORD
\getenv leads_password LEADS_PASSWORD
\getenv crm_password CRM_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['settings', 'leads', 'crm']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE settings PASSWORD :'settings_password';
ALTER ROLE leads PASSWORD :'leads_password';
ALTER ROLE crm PASSWORD :'crm_password';

SELECT format('CREATE DATABASE %1$I OWNER %1$I', name)
FROM unnest(ARRAY['settings', 'leads', 'crm']) AS name
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec

-- Nobody looks into the database of another part.
REVOKE ALL ON DATABASE settings, leads, crm FROM PUBLIC;
