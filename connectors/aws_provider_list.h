/*
 * aws_provider_list.h: the providers of credentials, in the order in which they are asked, which is
 * botocore's.
 *
 * AWS_PROVIDER(class). The first that is configured decides.
 * To add one: a file with its class, and a line here.
 */
AWS_PROVIDER(aws_options_class)
AWS_PROVIDER(aws_environment_class)
AWS_PROVIDER(aws_assume_role_class)
AWS_PROVIDER(aws_web_identity_class)
AWS_PROVIDER(aws_sso_class)
AWS_PROVIDER(aws_shared_credentials_class)
AWS_PROVIDER(aws_login_class)
AWS_PROVIDER(aws_process_class)
AWS_PROVIDER(aws_shared_config_class)
AWS_PROVIDER(aws_container_class)
AWS_PROVIDER(aws_imds_class)
