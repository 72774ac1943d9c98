-- Run once by the postgres image, when its volume is empty: a database with an owner of its own for each part.
-- The passwords come from the container's environment.
\getenv leads_password LEADS_DATABASE_PASSWORD
\getenv settings_password SETTINGS_DATABASE_PASSWORD
\getenv crm_password CRM_DATABASE_PASSWORD
\getenv temporal_password TEMPORAL_DATABASE_PASSWORD

CREATE ROLE leads LOGIN PASSWORD :'leads_password';
CREATE ROLE settings LOGIN PASSWORD :'settings_password';
CREATE ROLE crm LOGIN PASSWORD :'crm_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';

CREATE DATABASE leads OWNER leads;
CREATE DATABASE settings OWNER settings;
CREATE DATABASE crm OWNER crm;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

-- Nobody looks into the database of another part.
REVOKE ALL ON DATABASE leads, settings, crm, temporal, temporal_visibility FROM PUBLIC;
