"""The code tables of the NIfTI standard: dtypes, intents, spaces, units, slice orders.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h, and the CIFTI-2 and
FSL additions to its list of intents.
"""

from __future__ import annotations

from volio.arrays.dtypes import dtype_table
from volio.codes import Recoder, coded_rows
from volio.errors import CodeError

__all__ = [
    "data_type_codes",
    "intent_codes",
    "known_code",
    "slice_order_codes",
    "unit_codes",
    "xform_codes",
]


#: Kinds of voxels; those without a dtype here can be named but not read.
data_type_codes = dtype_table("""
0    | none       |
1    | binary     |
2    | uint8      | uint8      | NIFTI_TYPE_UINT8
4    | int16      | int16      | NIFTI_TYPE_INT16
8    | int32      | int32      | NIFTI_TYPE_INT32
16   | float32    | float32    | NIFTI_TYPE_FLOAT32
32   | complex64  | complex64  | NIFTI_TYPE_COMPLEX64
64   | float64    | float64    | NIFTI_TYPE_FLOAT64
128  | RGB        | RGB        | NIFTI_TYPE_RGB24
255  | all        |
256  | int8       | int8       | NIFTI_TYPE_INT8
512  | uint16     | uint16     | NIFTI_TYPE_UINT16
768  | uint32     | uint32     | NIFTI_TYPE_UINT32
1024 | int64      | int64      | NIFTI_TYPE_INT64
1280 | uint64     | uint64     | NIFTI_TYPE_UINT64
1536 | float128   | float128   | NIFTI_TYPE_FLOAT128
1792 | complex128 | complex128 | NIFTI_TYPE_COMPLEX128
2048 | complex256 | complex256 | NIFTI_TYPE_COMPLEX256
2304 | RGBA       | RGBA       | NIFTI_TYPE_RGBA32
""")

#: Spaces that qform and sform lead to.
xform_codes = Recoder(
    coded_rows("""
0 | unknown   | NIFTI_XFORM_UNKNOWN
1 | scanner   | NIFTI_XFORM_SCANNER_ANAT
2 | aligned   | NIFTI_XFORM_ALIGNED_ANAT
3 | talairach | NIFTI_XFORM_TALAIRACH
4 | mni       | NIFTI_XFORM_MNI_152
5 | template  | NIFTI_XFORM_TEMPLATE_OTHER
"""),
    fields=("code", "label", "niistring"),
)

#: Units of space (0 to 3) and time (8 to 48) as added up in xyzt_units.
unit_codes = Recoder(
    coded_rows("""
0  | unknown
1  | meter
2  | mm
3  | micron
8  | sec
16 | msec
24 | usec
32 | hz
40 | ppm
48 | rads
"""),
    fields=("code", "label"),
)

#: Orders in which slices were acquired.
slice_order_codes = Recoder(
    coded_rows("""
0 | unknown
1 | sequential increasing    | seq inc
2 | sequential decreasing    | seq dec
3 | alternating increasing   | alt inc
4 | alternating decreasing   | alt dec
5 | alternating increasing 2 | alt inc 2
6 | alternating decreasing 2 | alt dec 2
"""),
    fields=("code", "label"),
)

# Code, label, name in nifti1.h after NIFTI_INTENT_, parameters.
_NIFTI_INTENTS = coded_rows("""
0    | none                | NONE        |
2    | correlation         | CORREL      | DOF
3    | t test              | TTEST       | DOF
4    | f test              | FTEST       | numerator DOF; denominator DOF
5    | z score             | ZSCORE      |
6    | chi2                | CHISQ       | DOF
7    | beta                | BETA        | a; b
8    | binomial            | BINOM       | number of trials; probability per trial
9    | gamma               | GAMMA       | shape; scale
10   | poisson             | POISSON     | mean
11   | normal              | NORMAL      | mean; standard deviation
12   | non central f test  | FTEST_NONC  | numerator DOF; denominator DOF; noncentrality
13   | non central chi2    | CHISQ_NONC  | DOF; noncentrality
14   | logistic            | LOGISTIC    | location; scale
15   | laplace             | LAPLACE     | location; scale
16   | uniform             | UNIFORM     | lower end; upper end
17   | non central t test  | TTEST_NONC  | DOF; noncentrality
18   | weibull             | WEIBULL     | location; scale; power
19   | chi                 | CHI         | DOF
20   | inverse gaussian    | INVGAUSS    | mu; lambda
21   | extreme value 1     | EXTVAL      | location; scale
22   | p value             | PVAL        |
23   | log p value         | LOGPVAL     |
24   | log10 p value       | LOG10PVAL   |
1001 | estimate            | ESTIMATE    |
1002 | label               | LABEL       |
1003 | neuroname           | NEURONAME   |
1004 | general matrix      | GENMATRIX   | M; N
1005 | symmetric matrix    | SYMMATRIX   | M
1006 | displacement vector | DISPVECT    |
1007 | vector              | VECTOR      |
1008 | pointset            | POINTSET    |
1009 | triangle            | TRIANGLE    |
1010 | quaternion          | QUATERNION  |
1011 | dimensionless       | DIMLESS     |
2001 | time series         | TIME_SERIES |
2002 | node index          | NODE_INDEX  |
2003 | rgb vector          | RGB_VECTOR  |
2004 | rgba vector         | RGBA_VECTOR |
2005 | shape               | SHAPE       |
3000 | ConnUnknown         | CONNECTIVITY_UNKNOWN |
3001 | ConnDense           | CONNECTIVITY_DENSE |
3002 | ConnDenseSeries     | CONNECTIVITY_DENSE_SERIES |
3003 | ConnParcels         | CONNECTIVITY_PARCELLATED |
3004 | ConnParcelSries     | CONNECTIVITY_PARCELLATED_SERIES |
3006 | ConnDenseScalar     | CONNECTIVITY_DENSE_SCALARS |
3007 | ConnDenseLabel      | CONNECTIVITY_DENSE_LABELS |
3008 | ConnParcelScalr     | CONNECTIVITY_PARCELLATED_SCALAR |
3009 | ConnParcelDense     | CONNECTIVITY_PARCELLATED_DENSE |
3010 | ConnDenseParcel     | CONNECTIVITY_DENSE_PARCELLATED |
3011 | ConnPPSr            | CONNECTIVITY_PARCELLATED_PARCELLATED_SERIES |
3012 | ConnPPSc            | CONNECTIVITY_PARCELLATED_PARCELLATED_SCALAR |
""")

# FSL's own: code, label, name in its sources.
_FSL_INTENTS = coded_rows("""
2006 | fnirt disp field        | FSL_FNIRT_DISPLACEMENT_FIELD
2007 | fnirt cubic spline coef | FSL_CUBIC_SPLINE_COEFFICIENTS
2008 | fnirt dct coef          | FSL_DCT_COEFFICIENTS
2009 | fnirt quad spline coef  | FSL_QUADRATIC_SPLINE_COEFFICIENTS
2016 | topup cubic spline coef | FSL_TOPUP_CUBIC_SPLINE_COEFFICIENTS
2017 | topup quad spline coef  | FSL_TOPUP_QUADRATIC_SPLINE_COEFFICIENTS
2018 | topup field             | FSL_TOPUP_FIELD
""")


def _parameters(text: str) -> tuple[str, ...]:
    """Return what each parameter is, from their names between semicolons."""
    names = text.split("; ") if text else ()
    return tuple(f"p{number} = {name}" for number, name in enumerate(names, 1))


#: What the voxels mean, and what intent_p1 to intent_p3 are then.
intent_codes = Recoder(
    [
        *(
            (code, label, _parameters(names), f"NIFTI_INTENT_{name}")
            for code, label, name, names in _NIFTI_INTENTS
        ),
        *((code, label, (), name) for code, label, name in _FSL_INTENTS),
        (2001, "time series", (), "NIFTI_INTENT_TIME_SERIES", "NIFTI_INTENT_TIMESERIES"),
    ],
    fields=("code", "label", "parameters", "niistring"),
)


def known_code(field: str, word: int | str, table: Recoder) -> int:
    """Return the code of a field for a code or name of its table.

    Raises
    ------
    CodeError
        If the table has no such code or name.
    """
    if word not in table:
        known = sorted(table.value_set("label"))
        raise CodeError(f"{field}: must be one of {known}, got {word!r}")
    return int(table[word])
