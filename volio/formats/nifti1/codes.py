"""The code tables of the NIfTI standard: dtypes, intents, spaces, units, slice orders.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h, and the CIFTI-2 and
FSL additions to its list of intents.
"""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import LONG_COMPLEX, LONG_DOUBLE, RGB, RGBA, dtype_table
from volio.codes import Recoder

__all__ = [
    "data_type_codes",
    "intent_codes",
    "slice_order_codes",
    "unit_codes",
    "xform_codes",
]


#: Kinds of voxels; those without a dtype here can be named but not read.
data_type_codes = dtype_table(
    [
        (0, "none", None),
        (1, "binary", None),
        (2, "uint8", np.dtype(np.uint8), "NIFTI_TYPE_UINT8"),
        (4, "int16", np.dtype(np.int16), "NIFTI_TYPE_INT16"),
        (8, "int32", np.dtype(np.int32), "NIFTI_TYPE_INT32"),
        (16, "float32", np.dtype(np.float32), "NIFTI_TYPE_FLOAT32"),
        (32, "complex64", np.dtype(np.complex64), "NIFTI_TYPE_COMPLEX64"),
        (64, "float64", np.dtype(np.float64), "NIFTI_TYPE_FLOAT64"),
        (128, "RGB", RGB, "NIFTI_TYPE_RGB24"),
        (255, "all", None),
        (256, "int8", np.dtype(np.int8), "NIFTI_TYPE_INT8"),
        (512, "uint16", np.dtype(np.uint16), "NIFTI_TYPE_UINT16"),
        (768, "uint32", np.dtype(np.uint32), "NIFTI_TYPE_UINT32"),
        (1024, "int64", np.dtype(np.int64), "NIFTI_TYPE_INT64"),
        (1280, "uint64", np.dtype(np.uint64), "NIFTI_TYPE_UINT64"),
        (1536, "float128", LONG_DOUBLE, "NIFTI_TYPE_FLOAT128"),
        (1792, "complex128", np.dtype(np.complex128), "NIFTI_TYPE_COMPLEX128"),
        (2048, "complex256", LONG_COMPLEX, "NIFTI_TYPE_COMPLEX256"),
        (2304, "RGBA", RGBA, "NIFTI_TYPE_RGBA32"),
    ]
)

#: Spaces that qform and sform lead to.
xform_codes = Recoder(
    (
        (0, "unknown", "NIFTI_XFORM_UNKNOWN"),
        (1, "scanner", "NIFTI_XFORM_SCANNER_ANAT"),
        (2, "aligned", "NIFTI_XFORM_ALIGNED_ANAT"),
        (3, "talairach", "NIFTI_XFORM_TALAIRACH"),
        (4, "mni", "NIFTI_XFORM_MNI_152"),
        (5, "template", "NIFTI_XFORM_TEMPLATE_OTHER"),
    ),
    fields=("code", "label", "niistring"),
)

#: Units of space (0 to 3) and time (8 to 48) as added up in xyzt_units.
unit_codes = Recoder(
    (
        (0, "unknown"),
        (1, "meter"),
        (2, "mm"),
        (3, "micron"),
        (8, "sec"),
        (16, "msec"),
        (24, "usec"),
        (32, "hz"),
        (40, "ppm"),
        (48, "rads"),
    ),
    fields=("code", "label"),
)

#: Orders in which slices were acquired.
slice_order_codes = Recoder(
    (
        (0, "unknown"),
        (1, "sequential increasing", "seq inc"),
        (2, "sequential decreasing", "seq dec"),
        (3, "alternating increasing", "alt inc"),
        (4, "alternating decreasing", "alt dec"),
        (5, "alternating increasing 2", "alt inc 2"),
        (6, "alternating decreasing 2", "alt dec 2"),
    ),
    fields=("code", "label"),
)

_DOF = ("p1 = DOF",)
_DOFS = ("p1 = numerator DOF", "p2 = denominator DOF")
_PLACE = ("p1 = location", "p2 = scale")
_CONNECTIVITY = "CONNECTIVITY_"

# Code, label, name in nifti1.h after NIFTI_INTENT_, meaning of the parameters.
_NIFTI_INTENTS: tuple[tuple[int, str, str, tuple[str, ...]], ...] = (
    (0, "none", "NONE", ()),
    (2, "correlation", "CORREL", _DOF),
    (3, "t test", "TTEST", _DOF),
    (4, "f test", "FTEST", _DOFS),
    (5, "z score", "ZSCORE", ()),
    (6, "chi2", "CHISQ", _DOF),
    (7, "beta", "BETA", ("p1 = a", "p2 = b")),
    (8, "binomial", "BINOM", ("p1 = number of trials", "p2 = probability per trial")),
    (9, "gamma", "GAMMA", ("p1 = shape", "p2 = scale")),
    (10, "poisson", "POISSON", ("p1 = mean",)),
    (11, "normal", "NORMAL", ("p1 = mean", "p2 = standard deviation")),
    (12, "non central f test", "FTEST_NONC", (*_DOFS, "p3 = noncentrality")),
    (13, "non central chi2", "CHISQ_NONC", (*_DOF, "p2 = noncentrality")),
    (14, "logistic", "LOGISTIC", _PLACE),
    (15, "laplace", "LAPLACE", _PLACE),
    (16, "uniform", "UNIFORM", ("p1 = lower end", "p2 = upper end")),
    (17, "non central t test", "TTEST_NONC", (*_DOF, "p2 = noncentrality")),
    (18, "weibull", "WEIBULL", (*_PLACE, "p3 = power")),
    (19, "chi", "CHI", _DOF),
    (20, "inverse gaussian", "INVGAUSS", ("p1 = mu", "p2 = lambda")),
    (21, "extreme value 1", "EXTVAL", _PLACE),
    (22, "p value", "PVAL", ()),
    (23, "log p value", "LOGPVAL", ()),
    (24, "log10 p value", "LOG10PVAL", ()),
    (1001, "estimate", "ESTIMATE", ()),
    (1002, "label", "LABEL", ()),
    (1003, "neuroname", "NEURONAME", ()),
    (1004, "general matrix", "GENMATRIX", ("p1 = M", "p2 = N")),
    (1005, "symmetric matrix", "SYMMATRIX", ("p1 = M",)),
    (1006, "displacement vector", "DISPVECT", ()),
    (1007, "vector", "VECTOR", ()),
    (1008, "pointset", "POINTSET", ()),
    (1009, "triangle", "TRIANGLE", ()),
    (1010, "quaternion", "QUATERNION", ()),
    (1011, "dimensionless", "DIMLESS", ()),
    (2001, "time series", "TIME_SERIES", ()),
    (2002, "node index", "NODE_INDEX", ()),
    (2003, "rgb vector", "RGB_VECTOR", ()),
    (2004, "rgba vector", "RGBA_VECTOR", ()),
    (2005, "shape", "SHAPE", ()),
    (3000, "ConnUnknown", _CONNECTIVITY + "UNKNOWN", ()),
    (3001, "ConnDense", _CONNECTIVITY + "DENSE", ()),
    (3002, "ConnDenseSeries", _CONNECTIVITY + "DENSE_SERIES", ()),
    (3003, "ConnParcels", _CONNECTIVITY + "PARCELLATED", ()),
    (3004, "ConnParcelSries", _CONNECTIVITY + "PARCELLATED_SERIES", ()),
    (3006, "ConnDenseScalar", _CONNECTIVITY + "DENSE_SCALARS", ()),
    (3007, "ConnDenseLabel", _CONNECTIVITY + "DENSE_LABELS", ()),
    (3008, "ConnParcelScalr", _CONNECTIVITY + "PARCELLATED_SCALAR", ()),
    (3009, "ConnParcelDense", _CONNECTIVITY + "PARCELLATED_DENSE", ()),
    (3010, "ConnDenseParcel", _CONNECTIVITY + "DENSE_PARCELLATED", ()),
    (3011, "ConnPPSr", _CONNECTIVITY + "PARCELLATED_PARCELLATED_SERIES", ()),
    (3012, "ConnPPSc", _CONNECTIVITY + "PARCELLATED_PARCELLATED_SCALAR", ()),
)

# FSL's own: code, label, name in its sources.
_FSL_INTENTS = (
    (2006, "fnirt disp field", "FSL_FNIRT_DISPLACEMENT_FIELD"),
    (2007, "fnirt cubic spline coef", "FSL_CUBIC_SPLINE_COEFFICIENTS"),
    (2008, "fnirt dct coef", "FSL_DCT_COEFFICIENTS"),
    (2009, "fnirt quad spline coef", "FSL_QUADRATIC_SPLINE_COEFFICIENTS"),
    (2016, "topup cubic spline coef", "FSL_TOPUP_CUBIC_SPLINE_COEFFICIENTS"),
    (2017, "topup quad spline coef", "FSL_TOPUP_QUADRATIC_SPLINE_COEFFICIENTS"),
    (2018, "topup field", "FSL_TOPUP_FIELD"),
)

#: What the voxels mean, and what intent_p1 to intent_p3 are then.
intent_codes = Recoder(
    [
        *(
            (code, label, pars, f"NIFTI_INTENT_{name}")
            for code, label, name, pars in _NIFTI_INTENTS
        ),
        *((code, label, (), name) for code, label, name in _FSL_INTENTS),
        (2001, "time series", (), "NIFTI_INTENT_TIME_SERIES", "NIFTI_INTENT_TIMESERIES"),
    ],
    fields=("code", "label", "parameters", "niistring"),
)
