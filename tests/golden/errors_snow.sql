\set VERBOSITY verbose
\setenv SNOWFLAKE_ACCOUNT
\setenv SNOWFLAKE_USER
\setenv SNOWFLAKE_PRIVATE_KEY
\setenv SNOWFLAKE_PRIVATE_KEY_PATH
\setenv SNOWFLAKE_PRIVATE_KEY_PASSPHRASE
-- What is missing or wrong before Snowflake is asked.
\! openssl genrsa -out key.p8 2048 2>/dev/null && openssl pkcs8 -topk8 -in key.p8 -passout pass:secret -out locked.p8
\snow SELECT 1
SET snowflake.account = 'acme-x/y';
\snow SELECT 1
SET snowflake.user = 'WEIR';
\snow SELECT 1
SET snowflake.private_key = 'abc';
SET snowflake.private_key = 'env:NO_SUCH_VARIABLE';
\snow SELECT 1
SET snowflake.private_key = 'file:nothing.p8';
\snow SELECT 1
SET snowflake.private_key = 'file:wide.csv';
\snow SELECT 1
SET snowflake.account = 'acme-xy';
\snow SELECT 1
SET snowflake.private_key = 'file:locked.p8';
\snow SELECT 1
\setenv PASSPHRASE another
SET snowflake.private_key_passphrase = 'env:PASSPHRASE';
\snow SELECT 1
SET snowflake.private_key = 'file:key.p8';
SET snowflake.host = 'http://snow.example.com';
\snow SELECT 1
SET snowflake.host = 'snow.example.com/path';
\snow SELECT 1
SET snowflake.acount = 'acme';
