/* Binary results of PostgreSQL into cells: no digits to parse, bytes as they are. */
#include "store/postgres.h"

#include <math.h>

/* Numbers of the types in pg_type; they never change. */
enum type {
	TYPE_BOOL = 16,
	TYPE_BYTEA = 17,
	TYPE_CHAR = 18,
	TYPE_NAME = 19,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23,
	TYPE_TEXT = 25,
	TYPE_OID = 26,
	TYPE_XID = 28,
	TYPE_JSON = 114,
	TYPE_FLOAT4 = 700,
	TYPE_FLOAT8 = 701,
	TYPE_UNKNOWN = 705,
	TYPE_BPCHAR = 1042,
	TYPE_VARCHAR = 1043,
	TYPE_NUMERIC = 1700,
	TYPE_VOID = 2278,
	TYPE_REGCLASS = 2205,
	TYPE_XID8 = 5069,
};

static uint64_t big_endian(const unsigned char *data, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | data[i];
	return number;
}

static double real_of(uint64_t bits)
{
	double real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

static float float_of(uint32_t bits)
{
	float real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

/*
 * Sums of integers come as NUMERIC: digits to the base of 10,000. An integer where it is one, as SQLite has
 * it.
 */
static struct cell numeric_cell(const unsigned char *data, size_t size)
{
	int digits = (int)big_endian(data, 2), weight = (int16_t)big_endian(data + 2, 2);
	unsigned sign = (unsigned)big_endian(data + 4, 2);
	bool whole = true, fits = weight < 5;
	int64_t integer = 0;
	double real = 0;

	if (sign == 0xC000)
		return cell_real(NAN);
	for (int i = 0; i < digits && 8 + (size_t)i * 2 + 2 <= size; i++) {
		int digit = (int)big_endian(data + 8 + i * 2, 2);

		real += digit * pow(10000, weight - i);
		if (i > weight && digit != 0)
			whole = false;
		if (i <= weight && fits)
			fits = !__builtin_mul_overflow(integer, 10000, &integer) &&
			       !__builtin_add_overflow(integer, digit, &integer);
	}
	/* Zeros at the end are left out by the server. */
	for (int i = digits; i <= weight && fits; i++)
		fits = !__builtin_mul_overflow(integer, 10000, &integer);
	if (whole && fits)
		return cell_integer(sign == 0x4000 ? -integer : integer);
	return cell_real(sign == 0x4000 ? -real : real);
}

struct cell postgres_cell(const PGresult *result, int row, int column)
{
	const char *data = PQgetvalue(result, row, column);
	const unsigned char *bytes = (const unsigned char *)data;
	size_t size = (size_t)PQgetlength(result, row, column);

	if (PQgetisnull(result, row, column))
		return cell_null();
	switch ((int)PQftype(result, column)) {
	case TYPE_INT8:
	case TYPE_XID8:
		return cell_integer((int64_t)big_endian(bytes, 8));
	case TYPE_INT4:
		return cell_integer((int32_t)big_endian(bytes, 4));
	case TYPE_INT2:
		return cell_integer((int16_t)big_endian(bytes, 2));
	case TYPE_OID:
	case TYPE_XID:
	case TYPE_REGCLASS:
		return cell_integer((int64_t)big_endian(bytes, 4));
	case TYPE_BOOL:
		return cell_integer(bytes[0]);
	case TYPE_FLOAT8:
		return cell_real(real_of(big_endian(bytes, 8)));
	case TYPE_FLOAT4:
		return cell_real((double)float_of((uint32_t)big_endian(bytes, 4)));
	case TYPE_NUMERIC:
		return numeric_cell(bytes, size);
	case TYPE_BYTEA:
		return cell_blob((text){ data, size });
	case TYPE_VOID:
		return cell_null();
	default:
		return cell_text((text){ data, size });
	}
}

struct error *postgres_check_types(struct arena *arena, const PGresult *result, const char *label)
{
	for (int i = 0; i < PQnfields(result); i++) {
		switch ((int)PQftype(result, i)) {
		case TYPE_BOOL:
		case TYPE_BYTEA:
		case TYPE_CHAR:
		case TYPE_NAME:
		case TYPE_INT8:
		case TYPE_INT2:
		case TYPE_INT4:
		case TYPE_TEXT:
		case TYPE_OID:
		case TYPE_XID:
		case TYPE_JSON:
		case TYPE_FLOAT4:
		case TYPE_FLOAT8:
		case TYPE_UNKNOWN:
		case TYPE_BPCHAR:
		case TYPE_VARCHAR:
		case TYPE_NUMERIC:
		case TYPE_VOID:
		case TYPE_REGCLASS:
		case TYPE_XID8:
			break;
		default:
			return error_new(
			    arena, ERROR_INTERNAL,
			    "%s: column '%s' has a type (%u) that the store does not know; cast it", label,
			    PQfname(result, i), PQftype(result, i));
		}
	}
	return NULL;
}
