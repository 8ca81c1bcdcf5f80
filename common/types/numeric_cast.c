/*
 * numeric_cast.c: numerics from and to integers and double precision (contract in numeric.h).
 */
#include "common/types/numeric.h"

#include <math.h>
#include <stdio.h>

#include "common/types/float.h"
#include "common/types/integer.h"
#include "common/types/numeric_wide.h"

static bool
cannot_convert(Numeric n, const char *type_name, Error *err)
{
	return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION, "cannot convert %s to %s",
					 n.kind == NUMERIC_NAN ? "NaN" : "infinity", type_name);
}

/* The nearest integer of a finite value, ties away from zero; false if it is not an int64. */
static bool
nearest_int64(Numeric n, int64_t *out)
{
	Numeric rounded;
	Arena scratch;

	if (n.kind == NUMERIC_BIG && limbs_digits(n.big->digits) - n.dscale > 19)
		return false;
	if (n.kind == NUMERIC_SMALL && n.dscale == 0)
		rounded = n;
	else
	{
		arena_init(&scratch, "numeric to integer");
		if (!numeric_round(n, 0, &rounded, &scratch, NULL))
			rounded = n;
		arena_release(&scratch); /* what fits an int64 is SMALL */
	}
	*out = (int64_t)rounded.small;
	return rounded.kind == NUMERIC_SMALL && rounded.small == *out;
}

bool
numeric_to_bigint(Numeric n, int64_t *out, Error *err)
{
	if (!numeric_is_finite(n))
		return cannot_convert(n, "bigint", err);
	return nearest_int64(n, out) || bigint_out_of_range(err);
}

bool
numeric_to_integer(Numeric n, int32_t *out, Error *err)
{
	int64_t value;

	if (!numeric_is_finite(n))
		return cannot_convert(n, "integer", err);
	if (!nearest_int64(n, &value))
		return integer_out_of_range(err);
	return integer_from_bigint(value, out, err);
}

/* Both operands of the division are exact, so its result is the double nearest to the quotient. */
static bool
divide_exactly(Numeric n, double *out)
{
	static const double power_of_10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
										 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
										 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

	if (n.kind != NUMERIC_SMALL || n.dscale >= (int)lengthof(power_of_10) ||
		numeric_magnitude(n.small) > UINT64_C(1) << 53)
		return false;
	*out = (double)(int64_t)n.small / power_of_10[n.dscale];
	return true;
}

bool
numeric_to_double(Numeric n, double *out, Error *err)
{
	StrBuf text = {0};
	bool ok;

	if (divide_exactly(n, out))
		return true;
	numeric_print(n, &text);
	ok = double_parse(str_view(&text), out, err);
	str_free(&text);
	return ok;
}

bool
numeric_from_double(double value, Numeric *out, Arena *arena, Error *err)
{
	char text[32];
	int len;

	if (isnan(value) || isinf(value))
	{
		*out = numeric_special(isnan(value) ? NUMERIC_NAN
							   : value > 0  ? NUMERIC_PLUS_INFINITY
											: NUMERIC_MINUS_INFINITY);
		return true;
	}
	len = snprintf(text, sizeof text, "%.15g", value);
	return numeric_parse((StrView){text, (size_t)len}, out, arena, err);
}
