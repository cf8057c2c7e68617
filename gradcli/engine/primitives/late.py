"""Which names have their entries in files that are read when one of the names is first looked up.

`FILES` says which files beside this one wait, in the order of the table. `NAMES` is generated from them by
python tools/manual.py: a text for each file, so that a start need not make the table.
"""

from __future__ import annotations

from functools import cache

FILES = (
    *("reductions", "special"),
    *(
        "trigonometry_of_turns",
        "gamma",
        "incomplete",
        "error_functions",
        "voigt",
        "odds",
        "power_transforms",
        "exponential_integrals",
        "zeta",
    ),
    *("distributions", "shares", "parameters", "polynomials", "bessel", "elliptic", "hypergeometric"),
    "activations",
    *(
        "selecting",
        "scans",
        "losses",
        "ordering",
        "arranging",
        "joining",
        "parts",
        "diagonals",
        "mixing",
        "contractions",
        "statistics",
    ),
    *("systems", "determinants", "factorizations", "spectra", "matrix_functions", "compact_factors"),
    *("layers", "sliding"),
)


@cache
def homes() -> dict[str, str]:
    """The file of each such name, in the order of the table."""
    return {name: file for file, names in NAMES.items() for name in names.split()}


# Generated from here on.

NAMES: dict[str, str] = {
    "reductions": """
        sum mean prod amax amin max min argmax argmin all any var std norm vector_norm logsumexp
        softmax log_softmax
    """,
    "special": """
        sigmoid expit logsigmoid log_sigmoid log_expit softplus relu gauss erf erfc sinc
    """,
    "trigonometry_of_turns": """
        sinpi cospi tanpi sindg sind cosdg cosd tandg tand cotdg cotd radian
    """,
    "gamma": """
        gamma tgamma lgamma gammaln loggamma digamma psi polygamma rgamma gammasgn beta betaln lbeta
        factorial factorial2 fac2 binom binomial comb poch rising_factorial pochhammer rf perm
        falling_factorial ff multigammaln mvlgamma
    """,
    "incomplete": """
        gammainc igamma gammaincc gammaq igammac gammaincinv gammainccinv betainc betaincc
        betaincinv betainccinv lowergamma tgamma_lower uppergamma tgamma_upper incomplete_beta
    """,
    "error_functions": """
        erfcx erfi dawsn dawson erfinv erfcinv ndtr normcdf log_ndtr ndtri probit ndtri_exp owens_t
        fresnels fresnelc fresnel
    """,
    "voigt": """
        voigt_profile voigt
    """,
    "odds": """
        logit entr xlogy xlog1py rel_entr kl_divergence exprel log1mexp cosm1 exp10 fma fdim
    """,
    "power_transforms": """
        boxcox boxcox1p inv_boxcox inv_boxcox1p powm1
    """,
    "exponential_integrals": """
        expi ei exp1 e1 expn li si ci shi chi spence sici shichi
    """,
    "zeta": """
        zeta hurwitz_zeta zetac polylog lambertw productlog lambertwm1 wrightomega
    """,
    "distributions": """
        stdtr stdtrit norm_pdf norm_logpdf norm_cdf norm_logcdf norm_sf norm_logsf norm_ppf norm_isf
        expon_pdf expon_logpdf expon_cdf expon_sf expon_logsf expon_ppf expon_logcdf expon_isf
        logistic_pdf logistic_logpdf logistic_cdf logistic_sf logistic_logcdf logistic_logsf
        logistic_ppf logistic_isf t_pdf t_logpdf t_cdf t_sf t_logcdf t_logsf t_ppf cauchy_pdf
        cauchy_logpdf cauchy_cdf cauchy_sf cauchy_ppf gamma_pdf gamma_logpdf gamma_cdf gamma_sf
        gamma_ppf chi2_pdf chi2_logpdf chi2_cdf chi2_sf chi2_ppf beta_pdf beta_logpdf beta_cdf
        beta_sf beta_ppf uniform_pdf uniform_logpdf uniform_cdf uniform_sf uniform_ppf laplace_pdf
        laplace_logpdf laplace_cdf laplace_sf laplace_ppf lognorm_pdf lognorm_logpdf lognorm_cdf
        lognorm_sf lognorm_ppf
    """,
    "shares": """
        chdtr chdtrc pdtr pdtrc gdtr gdtrc fdtr fdtrc bdtr bdtrc nbdtr nbdtrc bdtri nbdtri pdtri
        chdtri fdtri kolmogorov kolmogi
    """,
    "parameters": """
        gdtrib chdtriv pdtrik btdtria btdtrib nbdtrik nbdtrin bdtrik bdtrin fdtridfd stdtridf gdtria
        gdtrix nrdtrimn nrdtrisd
    """,
    "polynomials": """
        eval_gegenbauer gegenbauer eval_legendre legendre eval_chebyt chebyt eval_chebyu chebyu
        eval_chebyv eval_chebyw eval_hermite hermite eval_hermitenorm hermitenorm eval_genlaguerre
        genlaguerre eval_laguerre laguerre eval_jacobi jacobi eval_sh_legendre eval_sh_chebyt
        eval_sh_chebyu eval_chebyc eval_chebys legendre_polynomial_p chebyshev_polynomial_t
        chebyshev_polynomial_u hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l
        shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u chebyshev_polynomial_v
        chebyshev_polynomial_w shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w lpmv
    """,
    "bessel": """
        j0 bessel_j0 j1 bessel_j1 y0 bessel_y0 y1 bessel_y1 i0 modified_bessel_i0 i1
        modified_bessel_i1 i0e bessel_i0e i1e bessel_i1e k0 modified_bessel_k0 k1 modified_bessel_k1
        k0e scaled_modified_bessel_k0 k1e scaled_modified_bessel_k1 jv jn jve besselj yv yn yve
        bessely iv besseli ive kv kn besselk kve struve struveh modstruve struvel spherical_jn
        spherical_yn spherical_in spherical_kn spherical_bessel_j0 airyaip airyai airy_ai airybip
        airybi airy_bi airy airye jvp yvp ivp kvp
    """,
    "elliptic": """
        ellipk elliptic_k ellipkm1 ellipe ellipkinc ellipf elliptic_f ellipeinc elliptic_e ellippi
        elliptic_pi ellipd elliptic_d ellipdinc elliprf elliprc elliprd elliprj elliprg jacobi_am am
        jacobi_sn sn jacobi_cn cn jacobi_dn dn agm ellipj
    """,
    "hypergeometric": """
        hyp0f1 hyp1f1 kummer_m hyp2f1 hyperu kummer_u
    """,
    "activations": """
        silu swish gelu mish squareplus softsign soft_sign tanhshrink elu celu selu leaky_relu
        hardtanh hard_tanh relu6 hardsigmoid hard_sigmoid hardswish hard_swish hard_silu hardshrink
        softshrink threshold rrelu prelu glu softmin
    """,
    "selecting": """
        gather take_along_dim take_along_axis index_select take index_add index_copy index_fill
        scatter scatter_add scatter_reduce put masked_fill masked_select unique nonzero argwhere
        masked_scatter one_hot embedding
    """,
    "scans": """
        cumsum cumprod logcumsumexp cummax cummin diff trapezoid trapz cumulative_trapezoid
    """,
    "losses": """
        mse_loss l1_loss smooth_l1_loss huber_loss poisson_nll_loss gaussian_nll_loss
        binary_cross_entropy binary_cross_entropy_with_logits nll_loss cross_entropy kl_div
        hinge_embedding_loss margin_ranking_loss soft_margin_loss multilabel_soft_margin_loss
        multi_margin_loss multilabel_margin_loss cosine_similarity cosine_embedding_loss
        pairwise_distance triplet_margin_loss triplet_margin_with_distance_loss pseudo_huber huber
    """,
    "ordering": """
        sort msort argsort topk kthvalue mode quantile nanquantile percentile median nanmedian
        searchsorted bucketize digitize interp histc histogram count_nonzero
    """,
    "arranging": """
        flip fliplr flipud roll rot90 movedim moveaxis swapaxes swapdims repeat repeat_interleave
        tile pad constant_pad_nd unflatten pixel_shuffle pixel_unshuffle channel_shuffle
        combinations cartesian_prod expand_as reshape_as view_as expand_dims fftshift ifftshift
        sum_to_size fill unfold_copy
    """,
    "joining": """
        vstack row_stack hstack dstack column_stack block_diag atleast_1d atleast_2d atleast_3d
    """,
    "parts": """
        narrow narrow_copy select select_copy select_scatter slice_scatter split split_with_sizes
        unsafe_split split_with_sizes_copy chunk unsafe_chunk tensor_split array_split hsplit vsplit
        dsplit unbind unbind_copy unstack meshgrid broadcast_tensors broadcast_arrays
    """,
    "diagonals": """
        tril triu diag diagonal diagonal_copy diag_embed diagflat diagonal_scatter
    """,
    "mixing": """
        lerp addcmul addcdiv rsub float_power ldexp logaddexp2 fmax fmin heaviside nan_to_num
        isclose allclose isinf isposinf isneginf signbit logical_xor gcd lcm nextafter spacing rint
        frexp modf divmod angle
    """,
    "contractions": """
        einsum tensordot inner vdot vecdot matvec vecmat kron cross vander bmm addmm addmv baddbmm
        addbmm addr
    """,
    "statistics": """
        nansum nanmean nanprod nanmax nanmin nanvar nanstd var_mean std_mean aminmax ptp cov
        corrcoef dist cdist pdist renorm average logmeanexp
    """,
    "systems": """
        solve inv inverse solve_triangular cholesky_solve cholesky_inverse triangular_solve pinv
        pinverse lstsq tensorinv tensorsolve inv_ex solve_ex
    """,
    "determinants": """
        det slogdet logdet
    """,
    "factorizations": """
        cholesky cholesky_ex qr lu
    """,
    "spectra": """
        eigvalsh eigh svdvals svd
    """,
    "matrix_functions": """
        matrix_power multi_dot chain_matmul matrix_exp expm matrix_norm cond matrix_rank
    """,
    "compact_factors": """
        lu_factor lu_factor_ex lu_unpack lu_solve ldl_factor ldl_factor_ex ldl_solve
        householder_product orgqr eigvals eig
    """,
    "layers": """
        linear bilinear normalize layer_norm rms_norm batch_norm instance_norm group_norm
        scaled_dot_product_attention dropout dropout1d dropout2d dropout3d alpha_dropout
        feature_alpha_dropout native_layer_norm native_group_norm
    """,
    "sliding": """
        local_response_norm conv1d conv_transpose1d max_pool1d max_unpool1d avg_pool1d lp_pool1d
        adaptive_avg_pool1d adaptive_max_pool1d conv2d conv_transpose2d max_pool2d max_unpool2d
        avg_pool2d lp_pool2d adaptive_avg_pool2d adaptive_max_pool2d conv3d conv_transpose3d
        max_pool3d max_unpool3d avg_pool3d lp_pool3d adaptive_avg_pool3d adaptive_max_pool3d unfold
        fold interpolate upsample upsample_nearest upsample_bilinear convolve correlate
    """,
}
