# keywords.awk: makes the grammar's part that follows from keyword_list.h.
#
# Prints a Bison section fragment: with -v part=tokens the %token lines, with -v part=classes the rules of the name
# classes. Run by the GNUmakefile; its output is joined with gram*.y.

/^KEYWORD\(/ {
	gsub(/KEYWORD\(|\)|,/, " ")
	name = $1
	text = tolower(name)
	if (part == "tokens")
		printf "%%token <text> KW_%s \"%s\"\n", name, text
	rules[$2] = rules[$2] separator[$2] "\"" text "\""
	separator[$2] = "\n\t| "
	if ($3 == "BARE_LABEL")
	{
		rules["BARE"] = rules["BARE"] separator["BARE"] "\"" text "\""
		separator["BARE"] = "\n\t| "
	}
}

END {
	if (part == "classes")
	{
		printf "\nunreserved_keyword:\n\t  %s\n;\n", rules["UNRESERVED"]
		printf "\ncolumn_name_keyword:\n\t  %s\n;\n", rules["COLUMN_NAME"]
		printf "\ntype_function_name_keyword:\n\t  %s\n;\n", rules["TYPE_FUNCTION_NAME"]
		printf "\nreserved_keyword:\n\t  %s\n;\n", rules["RESERVED"]
		printf "\nbare_label_keyword:\n\t  %s\n;\n", rules["BARE"]
	}
}
