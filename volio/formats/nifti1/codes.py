"""The code tables of the NIfTI standard: dtypes, intents, spaces, units, slice orders.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h, and the CIFTI-2 and
FSL additions to its list of intents.
"""

from __future__ import annotations

from volio.arrays.dtypes import dtype_table
from volio.codes import Recoder, coded_rows

__all__ = [
    "data_type_codes",
    "intent_codes",
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


def _parameters(text: str) -> tuple[str, ...]:
    """Return what each parameter is, from their names between semicolons."""
    names = text.split("; ") if text else ()
    return tuple(f"p{number} = {name}" for number, name in enumerate(names, 1))


# Code, label, name in nifti1.h, parameters; then FSL's own, by their names in its sources.
_INTENTS = coded_rows("""
0    | none                | NIFTI_INTENT_NONE       |
2    | correlation         | NIFTI_INTENT_CORREL     | DOF
3    | t test              | NIFTI_INTENT_TTEST      | DOF
4    | f test              | NIFTI_INTENT_FTEST      | numerator DOF; denominator DOF
5    | z score             | NIFTI_INTENT_ZSCORE     |
6    | chi2                | NIFTI_INTENT_CHISQ      | DOF
7    | beta                | NIFTI_INTENT_BETA       | a; b
8    | binomial            | NIFTI_INTENT_BINOM      | number of trials; probability per trial
9    | gamma               | NIFTI_INTENT_GAMMA      | shape; scale
10   | poisson             | NIFTI_INTENT_POISSON    | mean
11   | normal              | NIFTI_INTENT_NORMAL     | mean; standard deviation
12   | non central f test  | NIFTI_INTENT_FTEST_NONC | numerator DOF; denominator DOF; noncentrality
13   | non central chi2    | NIFTI_INTENT_CHISQ_NONC | DOF; noncentrality
14   | logistic            | NIFTI_INTENT_LOGISTIC   | location; scale
15   | laplace             | NIFTI_INTENT_LAPLACE    | location; scale
16   | uniform             | NIFTI_INTENT_UNIFORM    | lower end; upper end
17   | non central t test  | NIFTI_INTENT_TTEST_NONC | DOF; noncentrality
18   | weibull             | NIFTI_INTENT_WEIBULL    | location; scale; power
19   | chi                 | NIFTI_INTENT_CHI        | DOF
20   | inverse gaussian    | NIFTI_INTENT_INVGAUSS   | mu; lambda
21   | extreme value 1     | NIFTI_INTENT_EXTVAL     | location; scale
22   | p value             | NIFTI_INTENT_PVAL       |
23   | log p value         | NIFTI_INTENT_LOGPVAL    |
24   | log10 p value       | NIFTI_INTENT_LOG10PVAL  |
1001 | estimate            | NIFTI_INTENT_ESTIMATE   |
1002 | label               | NIFTI_INTENT_LABEL      |
1003 | neuroname           | NIFTI_INTENT_NEURONAME  |
1004 | general matrix      | NIFTI_INTENT_GENMATRIX  | M; N
1005 | symmetric matrix    | NIFTI_INTENT_SYMMATRIX  | M
1006 | displacement vector | NIFTI_INTENT_DISPVECT   |
1007 | vector              | NIFTI_INTENT_VECTOR     |
1008 | pointset            | NIFTI_INTENT_POINTSET   |
1009 | triangle            | NIFTI_INTENT_TRIANGLE   |
1010 | quaternion          | NIFTI_INTENT_QUATERNION |
1011 | dimensionless       | NIFTI_INTENT_DIMLESS    |
2001 | time series         | NIFTI_INTENT_TIME_SERIES |
2002 | node index          | NIFTI_INTENT_NODE_INDEX |
2003 | rgb vector          | NIFTI_INTENT_RGB_VECTOR |
2004 | rgba vector         | NIFTI_INTENT_RGBA_VECTOR |
2005 | shape               | NIFTI_INTENT_SHAPE      |
3000 | ConnUnknown         | NIFTI_INTENT_CONNECTIVITY_UNKNOWN |
3001 | ConnDense           | NIFTI_INTENT_CONNECTIVITY_DENSE |
3002 | ConnDenseSeries     | NIFTI_INTENT_CONNECTIVITY_DENSE_SERIES |
3003 | ConnParcels         | NIFTI_INTENT_CONNECTIVITY_PARCELLATED |
3004 | ConnParcelSries     | NIFTI_INTENT_CONNECTIVITY_PARCELLATED_SERIES |
3006 | ConnDenseScalar     | NIFTI_INTENT_CONNECTIVITY_DENSE_SCALARS |
3007 | ConnDenseLabel      | NIFTI_INTENT_CONNECTIVITY_DENSE_LABELS |
3008 | ConnParcelScalr     | NIFTI_INTENT_CONNECTIVITY_PARCELLATED_SCALAR |
3009 | ConnParcelDense     | NIFTI_INTENT_CONNECTIVITY_PARCELLATED_DENSE |
3010 | ConnDenseParcel     | NIFTI_INTENT_CONNECTIVITY_DENSE_PARCELLATED |
3011 | ConnPPSr            | NIFTI_INTENT_CONNECTIVITY_PARCELLATED_PARCELLATED_SERIES |
3012 | ConnPPSc            | NIFTI_INTENT_CONNECTIVITY_PARCELLATED_PARCELLATED_SCALAR |
2006 | fnirt disp field    | FSL_FNIRT_DISPLACEMENT_FIELD |
2007 | fnirt cubic spline coef | FSL_CUBIC_SPLINE_COEFFICIENTS |
2008 | fnirt dct coef      | FSL_DCT_COEFFICIENTS    |
2009 | fnirt quad spline coef | FSL_QUADRATIC_SPLINE_COEFFICIENTS |
2016 | topup cubic spline coef | FSL_TOPUP_CUBIC_SPLINE_COEFFICIENTS |
2017 | topup quad spline coef | FSL_TOPUP_QUADRATIC_SPLINE_COEFFICIENTS |
2018 | topup field         | FSL_TOPUP_FIELD         |
""")

#: What the voxels mean, and what intent_p1 to intent_p3 are then.
intent_codes = Recoder(
    [
        *((code, label, _parameters(names), constant) for code, label, constant, names in _INTENTS),
        (2001, "time series", (), "NIFTI_INTENT_TIME_SERIES", "NIFTI_INTENT_TIMESERIES"),
    ],
    fields=("code", "label", "parameters", "niistring"),
)
