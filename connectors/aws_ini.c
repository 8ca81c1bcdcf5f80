/*
 * aws_ini.c: the files ~/.aws/credentials and ~/.aws/config (contract in aws_ini.h).
 */
#include "connectors/aws_ini.h"

#include <errno.h>

#include "common/ascii.h"
#include "common/fs.h"
#include "common/memory.h"
#include "common/types/input.h"
#include "connectors/aws_words.h"
#include "connectors/secret.h"

/* Where reading is. The value of the last setting is collected until the next line that does not continue it.
 */
typedef struct IniReader
{
	AwsIni *ini;
	int line;
	size_t indent; /* of the line that began the last setting or section */
	bool in_setting;
	bool nested;  /* the lines that continue it are settings themselves */
	char *parent; /* name of the setting that they belong to */
	StrBuf value;
	Error *err;
} IniReader;

static char *
copy_view(StrView s)
{
	char *copy = mem_alloc(s.len + 1);

	memcpy(copy, s.data, s.len);
	copy[s.len] = '\0';
	return copy;
}

static bool
line_error(IniReader *r, const char *reason)
{
	error_set(r->err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "invalid line %d in file \"%s\"",
			  r->line, r->ini->path);
	return error_detail(r->err, "%s", reason);
}

static AwsSection *
last_section(const IniReader *r)
{
	return r->ini->count > 0 ? &r->ini->sections[r->ini->count - 1] : NULL;
}

/* ---- settings ---- */

/* Hands the collected value to the last setting. */
static void
end_setting(IniReader *r)
{
	if (r->in_setting && !r->nested)
	{
		AwsSection *section = last_section(r);
		AwsSetting *setting = &section->settings[section->count - 1];

		secret_free(setting->value);
		setting->value = copy_view(input_strip_blanks(str_view(&r->value)));
	}
	r->in_setting = r->nested = false;
	secret_wipe(&r->value);
}

/* Adds a setting of the last section; takes the name. */
static bool
add_setting(IniReader *r, char *name, StrView value)
{
	AwsSection *section = last_section(r);

	if (aws_section_get(section, name) != NULL)
	{
		mem_free(name);
		return line_error(r, "The same setting stands in the section twice.");
	}
	mem_grow(&section->settings, &section->capacity, section->count, sizeof *section->settings);
	section->settings[section->count++] =
		(AwsSetting){.name = name, .value = copy_view(value), .path = r->ini->path, .line = r->line};
	return true;
}

static char *
lower_name(StrView name)
{
	char *copy = copy_view(name);

	for (char *p = copy; *p; p++)
		*p = ascii_lower(*p);
	return copy;
}

static bool
begin_setting(IniReader *r, StrView line)
{
	size_t split = 0;
	StrView name, value;

	while (split < line.len && line.data[split] != '=' && line.data[split] != ':')
		split++;
	name = input_strip_blanks((StrView){line.data, split});
	if (split == line.len)
		return line_error(r, "There is no \"=\" in it.");
	if (name.len == 0)
		return line_error(r, "There is no name before \"=\".");
	if (last_section(r) == NULL)
		return line_error(r, "There is no [section] above it.");
	value = input_strip_blanks((StrView){line.data + split + 1, line.len - split - 1});
	if (!add_setting(r, lower_name(name), value))
		return false;
	r->in_setting = true;
	str_reserve(&r->value, value.len + 256);
	str_append_view(&r->value, value);
	return true;
}

/* A line of a setting that had no value of its own. */
static bool
add_nested(IniReader *r, StrView line)
{
	const AwsSection *section = last_section(r);
	const char *split = memchr(line.data, '=', line.len);
	StrView name, value;
	StrBuf full = {0};

	if (split == NULL)
		return line_error(r, "There is no \"=\" in it.");
	if (!r->nested)
	{
		mem_free(r->parent);
		r->parent = mem_strdup(section->settings[section->count - 1].name);
		r->nested = true;
	}
	name = input_strip_blanks((StrView){line.data, (size_t)(split - line.data)});
	value = input_strip_blanks((StrView){split + 1, (size_t)(line.data + line.len - split - 1)});
	str_appendf(&full, "%s.%.*s", r->parent, (int)name.len, name.data);
	return add_setting(r, full.data, value);
}

static bool
continue_setting(IniReader *r, StrView line)
{
	if (r->nested || r->value.len == 0)
		return add_nested(r, line);
	str_append_char(&r->value, '\n');
	str_append_view(&r->value, line);
	return true;
}

/* ---- sections ---- */

/* "profile x" and its kin; the name may be quoted. */
static void
classify(AwsSection *section, AwsIniRole role)
{
	AwsWords words = {0};

	section->kind = role == AWS_INI_CREDENTIALS || strcmp(section->title, "default") == 0
						? AWS_SECTION_PROFILE
						: AWS_SECTION_OTHER;
	if (section->kind == AWS_SECTION_OTHER && aws_words_split(section->title, &words) && words.count == 2)
	{
		section->kind = strcmp(words.items[0], "profile") == 0    ? AWS_SECTION_PROFILE
						: strcmp(words.items[0], "services") == 0 ? AWS_SECTION_SERVICES
																  : AWS_SECTION_OTHER;
		section->name = mem_strdup(words.items[1]);
	}
	else
		section->name = mem_strdup(section->title);
	aws_words_free(&words);
}

static bool
begin_section(IniReader *r, AwsIniRole role, StrView line)
{
	size_t close = line.len;
	AwsSection section = {0};

	while (close > 0 && line.data[close - 1] != ']')
		close--;
	if (close <= 2)
		return line_error(r, "There is no name between brackets.");
	section.title = copy_view((StrView){line.data + 1, close - 2});
	for (size_t i = 0; i < r->ini->count; i++)
		if (strcmp(r->ini->sections[i].title, section.title) == 0)
		{
			mem_free(section.title);
			return line_error(r, "The same section stands in the file twice.");
		}
	classify(&section, role);
	mem_grow(&r->ini->sections, &r->ini->capacity, r->ini->count, sizeof *r->ini->sections);
	r->ini->sections[r->ini->count++] = section;
	return true;
}

/* ---- lines ---- */

static bool
read_line(IniReader *r, AwsIniRole role, StrView line)
{
	StrView text = input_strip_blanks(line);
	size_t indent = (size_t)(text.data - line.data);

	if (memchr(line.data, '\0', line.len) != NULL)
		return line_error(r, "There is a zero byte in it.");
	if (text.len == 0)
	{
		if (r->value.len > 0)
			str_append_char(&r->value, '\n');
		return true;
	}
	if (text.data[0] == '#' || text.data[0] == ';')
		return true;
	if (r->in_setting && indent > r->indent)
		return continue_setting(r, text);
	end_setting(r);
	r->indent = indent;
	if (text.data[0] == '[' && memchr(text.data, ']', text.len) != NULL)
		return begin_section(r, role, text);
	return begin_setting(r, text);
}

bool
aws_ini_parse(AwsIni *ini, AwsIniRole role, const char *path, StrView text, Error *err)
{
	IniReader r = {.ini = ini, .err = err};
	bool ok = true;

	assert(ini->path == NULL);
	ini->path = mem_strdup(path);
	if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
		text = (StrView){text.data + 3, text.len - 3};
	while (ok && text.len > 0)
	{
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end != NULL ? (size_t)(end - text.data) : text.len;

		r.line++;
		ok = read_line(&r, role, (StrView){text.data, len});
		len += end != NULL;
		text = (StrView){text.data + len, text.len - len};
	}
	end_setting(&r);
	mem_free(r.parent);
	return ok;
}

bool
aws_ini_load(AwsIni *ini, AwsIniRole role, const char *path, Error *err)
{
	StrBuf text = {0};
	int rc = fs_read_file(&system_fs, path, &text);
	bool ok;

	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		ok = fs_error(err, rc, "read file", path);
	else
		ok = aws_ini_parse(ini, role, path, str_view(&text), err);
	secret_wipe(&text);
	return ok;
}

const AwsSection *
aws_ini_find(const AwsIni *ini, AwsSectionKind kind, const char *name)
{
	/* [profile default] may stand beside [default]: the later one counts. */
	for (size_t i = ini->count; i-- > 0;)
		if (ini->sections[i].kind == kind && strcmp(ini->sections[i].name, name) == 0)
			return &ini->sections[i];
	return NULL;
}

const AwsSetting *
aws_section_get(const AwsSection *section, const char *name)
{
	for (size_t i = 0; section != NULL && i < section->count; i++)
		if (strcmp(section->settings[i].name, name) == 0)
			return &section->settings[i];
	return NULL;
}

static void
free_section(AwsSection *section)
{
	for (size_t i = 0; i < section->count; i++)
	{
		mem_free(section->settings[i].name);
		secret_free(section->settings[i].value);
	}
	mem_free(section->settings);
	mem_free(section->title);
	mem_free(section->name);
}

void
aws_ini_free(AwsIni *ini)
{
	for (size_t i = 0; i < ini->count; i++)
		free_section(&ini->sections[i]);
	mem_free(ini->sections);
	mem_free(ini->path);
	*ini = (AwsIni){0};
}
