"""Names that functions of libraries, languages and spreadsheets have, taken from the public lists of these.

Such a name is no slip of the hand: where gradcli has no function of that name, none is guessed in its place.
Names that gradcli has may stand here, and are never looked up. A library is told that comes first.
"""

from __future__ import annotations

LIBRARIES = {
    "NumPy": """
        allclose angle append apply_along_axis apply_over_axes argpartition argsort argwhere around
        array_equal array_equiv array_split asarray atleast_1d atleast_2d atleast_3d average bartlett
        bincount bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor blackman block bmat broadcast_arrays broadcast_shapes bytes
        chisquare choice cholesky choose column_stack common_type compress cond conj conjugate convolve
        copy copyto corrcoef correlate count_nonzero cov cross cumprod cumsum cumulative_prod
        cumulative_sum default_rng delete det diag diag_indices diag_indices_from diagflat diagonal
        digitize dirichlet divmod dsplit dstack ediff1d eig eigh eigvals eigvalsh einsum einsum_path
        empty empty_like expand_dims exponential extract fft fft2 fftfreq fftn fftshift fill_diagonal
        fix flatnonzero flip fliplr flipud float_power fmax fmin frexp full_like gcd geometric geomspace
        gradient gumbel hamming hanning heaviside hfft histogram histogram2d histogram_bin_edges histogramdd
        hsplit hstack hypergeometric identity ifft ifft2 ifftn ifftshift ihfft imag info insert interp
        intersect1d inv invert irfft irfft2 irfftn isclose iscomplex iscomplexobj isin isinf isneginf
        isposinf isreal isscalar iterable kaiser kron laplace lcm ldexp left_shift lexsort load
        logaddexp2 logical_xor logistic lognormal logseries logspace lstsq mask_indices matrix_norm
        matrix_power matrix_rank matrix_transpose matvec median meshgrid min_scalar_type mintypecode
        modf moveaxis multi_dot multinomial multivariate_normal nan_to_num nanargmax nanargmin
        nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd
        nansum nanvar negative_binomial nextafter noncentral_chisquare noncentral_f nonzero normal
        packbits pad pareto partition percentile permutation permute_dims piecewise pinv place poisson
        poly polyadd polycompanion polyder polydiv polyfit polyfromroots polygrid2d polygrid3d polyint
        polyline polymul polymulx polypow polyroots polysub polytrim polyval polyval2d polyval3d
        polyvalfromroots polyvander polyvander2d polyvander3d promote_types ptp put_along_axis qr
        quantile rand randint randn random random_integers random_sample ranf ravel_multi_index rayleigh
        real real_if_close repeat require resize rfft rfft2 rfftfreq rfftn right_shift rint roll
        rollaxis roots rot90 row_stack sample save searchsorted select shuffle signbit slogdet solve
        sort sort_complex spacing split standard_cauchy standard_exponential standard_gamma
        standard_normal standard_t svd svdvals swapaxes take take_along_axis tensordot tensorinv
        tensorsolve test tile trapezoid tri triangular tril tril_indices tril_indices_from trim_zeros
        triu triu_indices triu_indices_from typename uniform union1d unique unique_all unique_counts
        unique_inverse unique_values unpackbits unravel_index unstack unwrap vander vecdot vecmat
        vonmises vsplit vstack wald weibull zipf
    """,
    "PyTorch": """
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d
        adaptive_max_pool2d adaptive_max_pool3d adaptiveavgpool1d adaptiveavgpool2d adaptiveavgpool3d
        adaptivelogsoftmaxwithloss adaptivemaxpool1d adaptivemaxpool2d adaptivemaxpool3d addbmm addcdiv
        addcmul addmm addmv addr adjoint affine_grid affine_grid_generator alpha_dropout alphadropout
        aminmax are_deterministic_algorithms_enabled avg_pool1d avg_pool2d avg_pool3d avgpool1d
        avgpool2d avgpool3d baddbmm bartlett_window batch_norm batchnorm1d batchnorm2d batchnorm3d
        bceloss bcewithlogitsloss bernoulli bilinear binary_cross_entropy
        binary_cross_entropy_with_logits blackman_window block_diag bmm bucketize buffer byte
        calculate_gain cartesian_prod cast cdist cdouble celu cfloat chain_matmul chalf channel_shuffle
        channelshuffle char chebyshev_polynomial_v chebyshev_polynomial_w cholesky_ex cholesky_inverse
        cholesky_solve chunk circularpad1d circularpad2d circularpad3d coalesce combinations compile
        compiled_with_cxx11_abi complex conj_physical constant_pad_nd constantpad1d constantpad2d
        constantpad3d container conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d
        conv_transpose3d convolution convtranspose1d convtranspose2d convtranspose3d
        cosine_embedding_loss cosine_similarity cosineembeddingloss cosinesimilarity cross_entropy
        crossentropyloss crossmaplrn2d ctc_loss ctcloss cuda cummax cummin cumulative_trapezoid
        dataparallel dense_dim diag_embed dirac dist dropout dropout1d dropout2d dropout3d elu embedding
        embedding_bag embeddingbag empty_permuted expand_as feature_alpha_dropout feature_dropout
        featurealphadropout fill fold fractional_max_pool2d fractional_max_pool3d fractionalmaxpool2d
        fractionalmaxpool3d from_numpy functionalize gammainc gammaincc gather gaussian_nll_loss
        gaussiannllloss gelu geqrf ger glu grad_and_value gradcheck gradgradcheck grid_sample
        grid_sampler grid_sampler_2d grid_sampler_3d group_norm grouped_mm groupnorm gru grucell
        gumbel_softmax hamming_window hann_window hardshrink hardsigmoid hardswish hardtanh hfft2 hfftn
        hinge_embedding_loss hingeembeddingloss histc householder_product hsmm huber_loss huberloss
        igamma igammac ihfft2 ihfftn index index_add index_put index_reduce index_select
        init_num_threads instance_norm instancenorm1d instancenorm2d instancenorm3d interpolate inv_ex
        inverse is_nonzero istft jacfwd jacrev kaiming_normal kaiming_uniform kaiser_window
        kineto_available kl_div kldivloss kthvalue l1_loss l1loss layer_norm layernorm lazybatchnorm1d
        lazybatchnorm2d lazybatchnorm3d lazyconv1d lazyconv2d lazyconv3d lazyconvtranspose1d
        lazyconvtranspose2d lazyconvtranspose3d lazyinstancenorm1d lazyinstancenorm2d lazyinstancenorm3d
        lazylinear ldl_factor ldl_factor_ex ldl_solve leaky_relu leakyrelu lerp linear
        linear_cross_entropy linearcrossentropyloss linearcrossentropyoptions linearize literal lobpcg
        local_response_norm localresponsenorm logcumsumexp logdet logsoftmax lp_pool1d lp_pool2d
        lp_pool3d lppool1d lppool2d lppool3d lstm lstmcell lu lu_factor lu_factor_ex lu_solve lu_unpack
        margin_ranking_loss marginrankingloss masked_fill masked_select matrix_exp max_pool1d max_pool2d
        max_pool3d max_unpool1d max_unpool2d max_unpool3d maxpool1d maxpool2d maxpool3d maxunpool1d
        maxunpool2d maxunpool3d merge_type_from_type_comment mish mode module_load moduledict modulelist
        movedim mse_loss mseloss msort mtia multi_head_attention_forward multi_margin_loss
        multiheadattention multilabel_margin_loss multilabel_soft_margin_loss multilabelmarginloss
        multilabelsoftmarginloss multimarginloss narrow native_batch_norm native_channel_shuffle
        native_dropout native_group_norm native_layer_norm native_norm ndimension nelement new new_empty
        new_full new_ones new_zeros nll_loss nllloss nllloss2d nonzero_static norm_except_dim normalize
        one_hot optional orgqr ormqr orthogonal pairwise_distance pairwisedistance parameterdict
        parameterlist pca_lowrank pdist pin_memory pinverse pixel_shuffle pixel_unshuffle pixelshuffle
        pixelunshuffle poisson_nll_loss poissonnllloss polar prelu rand_like randint_like randn_like
        randperm rearrange reflectionpad1d reflectionpad2d reflectionpad3d relu6 renorm
        repeat_interleave replicationpad1d replicationpad2d replicationpad3d reshape_as resolve_conj
        resolve_neg rms_norm rmsnorm rnn rnnbase rnncell rnncellbase rrelu rsub
        scaled_dot_product_attention scaled_grouped_mm scaled_mm scatter scatter_add scatter_reduce selu
        sequential shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w silu slice_inverse
        smooth_l1_loss smoothl1loss soft_margin_loss softmarginloss softmax2d softmin softshrink
        softsign solve_ex solve_triangular sparse split_with_sizes spmm stack_module_state std_mean stft
        sum_to_size svd_lowrank swapdims syncbatchnorm take_along_dim tanhshrink tensor_split threshold
        transformer transformerdecoder transformerdecoderlayer transformerencoder
        transformerencoderlayer trapz triplet_margin_loss triplet_margin_with_distance_loss
        tripletmarginloss tripletmarginwithdistanceloss unbind unflatten unfold uninitializedbuffer
        uninitializedparameter unique_consecutive upsample upsample_bilinear upsample_nearest
        upsamplingbilinear2d upsamplingnearest2d var_mean variable view_as_complex view_as_real vmap
        while_loop xavier_normal xavier_uniform xpu zeropad1d zeropad2d zeropad3d
    """,
    "SciPy": """
        abcd_normalize affine_transform agm ai_zeros airye alexandergovern alpha anderson anderson_ksamp
        anglit ansari approx_fprime approximate_taylor_polynomial arcsine argrelextrema argrelmax
        argrelmin argus band_stop_obj bandwidth barnard_exact barycentric_interpolate basinhopping
        bayes_mvs bdtr bdtrc bdtri bdtrik bdtrin bei bei_zeros beip beip_zeros ber ber_zeros berp
        berp_zeros bessel besselap besselpoly betabinom betainc betaincc betainccinv betaincinv
        betanbinom betaprime bi_zeros bilinear_zpk binary_closing binary_dilation binary_erosion
        binary_fill_holes binary_hit_or_miss binary_opening binary_propagation binned_statistic
        binned_statistic_2d binned_statistic_dd binomtest bisect bisplev bisplrep black_tophat bode
        boltzmann bootstrap boschloo_exact boxcox1p boxcox_llf boxcox_normmax boxcox_normplot bracket
        bradford braycurtis brent brenth brentq broyden1 broyden2 brunnermunzel brute btdtria btdtrib
        burr burr12 buttap butter buttord bws_test c_roots cauchy cdf2rdf center_of_mass cg_roots
        chatterjeexi chdtr chdtrc chdtri chdtriv cheb1ap cheb1ord cheb2ap cheb2ord cheby1 cheby2 chebyc
        chebys chebyshev check_cola check_grad check_nola chi2 chi2_contingency chirp chndtr chndtridf
        chndtrinc chndtrix cho_factor cho_solve cho_solve_banded cholesky_banded choose_conv_method
        circmean circstd circulant circvar cityblock clarkson_woodruff_transform
        closest_stft_dual_window coherence combine_pvalues companion cont2discrete convolution_matrix
        convolve1d convolve2d correlate1d correlate2d correlation correlation_lags coshm cosine cosm
        cossin cramervonmises cramervonmises_2samp crystalball csd cspline1d cspline1d_eval cspline2d
        cubature cumfreq cumulative_simpson curve_fit czt czt_points dblquad dbode dct dctn decimate
        deconvolve describe detrend dfreqresp dft dgamma diagbroyden diagsvd dice differential_entropy
        differential_evolution dimpulse direct directed_hausdorff directional_stats diric
        dirichlet_multinomial distance_transform_bf distance_transform_cdt distance_transform_edt
        dlaplace dlsim dpareto_lognorm dst dstep dstn dual_annealing dunnett dweibull ecdf eig_banded
        eigh_tridiagonal eigvals_banded eigvalsh_tridiagonal ellip ellip_harm ellip_harm_2 ellip_normal
        ellipap ellipe ellipeinc ellipj ellipk ellipkinc ellipkm1 ellipord elliprc elliprd elliprf
        elliprg elliprj energy_distance entropy envelope epps_singleton_2samp erf_zeros erlang euclidean
        euler eval_chebyc eval_chebys eval_sh_chebyt eval_sh_chebyu eval_sh_jacobi eval_sh_legendre
        excitingmixing expectile expm expm_cond expm_frechet expon exponnorm exponpow exponweib extrema
        f_oneway factorial2 factorialk false_discovery_control fatiguelife fdtr fdtrc fdtri fdtridfd
        fftconvolve fht fhtoffset fiedler fiedler_companion filtfilt find_best_blas_type find_objects
        find_peaks find_peaks_cwt findfreqs firls firwin firwin2 firwin_2d fisher_exact fisk fit
        fixed_point fixed_quad fligner fmin_bfgs fmin_cg fmin_cobyla fmin_l_bfgs_b fmin_ncg fmin_powell
        fmin_slsqp fmin_tnc fminbound foldcauchy foldnorm fourier_ellipsoid fourier_gaussian
        fourier_shift fourier_uniform fractional_matrix_power freqresp freqs freqs_zpk freqz freqz_sos
        freqz_zpk fresnel_zeros fresnelc_zeros fresnels_zeros friedmanchisquare fsolve funm gammainccinv
        gammaincinv gammatone gauss_spline gausshyper gaussian_filter gaussian_filter1d
        gaussian_gradient_magnitude gaussian_laplace gausspulse gdtr gdtrc gdtria gdtrib gdtrix
        generate_knots generic_filter generic_filter1d generic_gradient_magnitude generic_laplace
        genexpon genextreme gengamma genhalflogistic genhyperbolic geninvgauss genlogistic gennorm
        genpareto geom geometric_transform gibrat gmean golden gompertz goodness_of_fit grey_closing
        grey_dilation grey_erosion grey_opening griddata group_delay gstd gumbel_l gumbel_r gzscore h1vp
        h2vp h_roots hadamard halfcauchy halfgennorm halflogistic halfnorm hankel hankel1 hankel1e
        hankel2 hankel2e he_roots helmert hessenberg hilbert hilbert2 hmean huber hyp0f1 hyp1f1 hyp2f1
        hypergeom hyperu hypsecant idct idctn idst idstn ifht iircomb iirdesign iirfilter iirnotch
        iirpeak impulse interpn inv_boxcox inv_boxcox1p invgamma invgauss invhilbert invpascal invres
        invresz invweibull invwishart iqr irwinhall it2i0k0 it2j0y0 it2struve0 itairy iti0k0 itj0y0
        itmodstruve0 itstruve0 ivp j_roots jaccard jarque_bera jensenshannon jf_skew_t jn_zeros
        jnjnp_zeros jnp_zeros jnyn_zeros johnsonsb johnsonsu js_roots jve kaiser_atten kaiser_beta
        kaiserord kappa3 kappa4 kei kei_zeros keip keip_zeros kelvin kelvin_zeros kendalltau ker
        ker_zeros kerp kerp_zeros khatri_rao kn kolmogi kolmogorov krogh_interpolate kruskal ks_1samp
        ks_2samp ksone kstat kstatvar kstest kstwo kstwobign kurtosis kurtosistest kv kve kvp l_roots
        la_roots label labeled_comprehension lagrange landau laplace_asymmetric ldl least_squares
        leastsq lebedev_rule legendre_p legendre_p_all leslie levene levy levy_l levy_stable lfilter
        lfilter_zi lfiltic line_search linear_sum_assignment linearmixing linprog
        linprog_verbose_callback linregress lmbda lmoment log_expit log_wright_bessel loglaplace logm
        lognorm logrank logser loguniform lomax lombscargle lp2bp lp2bp_zpk lp2bs lp2bs_zpk lp2hp
        lp2hp_zpk lp2lp lp2lp_zpk lpmv lqmn lqn lsim lsq_linear mahalanobis make_distribution
        make_interp_spline make_lsq_spline make_smoothing_spline make_splprep make_splrep mannwhitneyu
        map_coordinates mathieu_a mathieu_b mathieu_cem mathieu_even_coef mathieu_modcem1
        mathieu_modcem2 mathieu_modsem1 mathieu_modsem2 mathieu_odd_coef mathieu_sem matmul_toeplitz
        matrix_balance matrix_normal matrix_t max_len_seq maximum_filter maximum_filter1d
        maximum_position maxwell medfilt medfilt2d median_abs_deviation median_filter median_test mielke
        milp minimize minimize_scalar minimum_filter minimum_filter1d minimum_phase minimum_position
        minkowski modfresnelm modfresnelp modstruve moment monte_carlo_test mood morphological_gradient
        morphological_laplace moyal multiscale_graphcorr multivariate_hypergeom multivariate_t mvsdist
        nakagami nbdtr nbdtrc nbdtri nbdtrik nbdtrin nbinom ncf ncfdtr ncfdtri ncfdtridfd ncfdtridfn
        ncfdtrinc nchypergeom_fisher nchypergeom_wallenius nct nctdtr nctdtridf nctdtrinc nctdtrit ncx2
        ndtri_exp newton newton_cotes newton_krylov next_fast_len nhypergeom nnls normal_inverse_gamma
        normaltest norminvgauss nquad nrdtrimn nrdtrisd nsum null_space num_obs_dm num_obs_y oaconvolve
        obl_ang1 obl_ang1_cv obl_cv obl_cv_seq obl_rad1 obl_rad1_cv obl_rad2 obl_rad2_cv obrientransform
        odeint order_filter order_statistic ordqz orth ortho_group orthogonal_procrustes owens_t p_roots
        pade page_trend_test pascal pbdn_seq pbdv pbdv_seq pbvv pbvv_seq pbwa pchip_interpolate pdtr
        pdtrc pdtri pdtrik peak_prominences peak_widths pearson3 pearsonr percentile_filter
        percentileofscore periodogram permutation_test pinvh place_poles planck pmean pointbiserialr
        poisson_binom poisson_means_test power_divergence powerlaw powerlognorm powernorm powm1 ppcc_max
        ppcc_plot prev_fast_len prewitt pro_ang1 pro_ang1_cv pro_cv pro_cv_seq pro_rad1 pro_rad1_cv
        pro_rad2 pro_rad2_cv probplot ps_roots pseudo_huber quad radian random_correlation random_table
        rank_filter rankdata ranksums rdist recipinvgauss rel_breitwigner relfreq remez resample
        resample_poly residue residuez riccati_jn riccati_yn rice ridder rogerstanimoto romb root
        root_scalar roots_chebyc roots_chebys roots_chebyt roots_chebyu roots_gegenbauer
        roots_genlaguerre roots_hermite roots_hermitenorm roots_jacobi roots_laguerre roots_legendre
        roots_sh_chebyt roots_sh_chebyu roots_sh_jacobi roots_sh_legendre rosen rosen_der rosen_hess
        rosen_hess_prod rotate rq rsf2csf russellrao s_roots savgol_coeffs savgol_filter sawtooth schur
        scoreatpercentile sem semicircular sepfir2d seuclidean sh_chebyt sh_chebyu sh_jacobi sh_legendre
        shapiro shgo shift siegelslopes sigmaclip signm simpson sinhm sinm skellam skew skewcauchy
        skewnorm skewtest skip_backend smirnov smirnovi sobel sobol_indices sokalsneath solve_banded
        solve_bvp solve_circulant solve_continuous_are solve_continuous_lyapunov solve_discrete_are
        solve_discrete_lyapunov solve_ivp solve_lyapunov solve_sylvester solve_toeplitz solveh_banded
        somersd sos2tf sos2zpk sosfilt sosfilt_zi sosfiltfilt sosfreqz spalde spearmanr spearmanrho
        special_ortho_group spectrogram sph_harm_y sph_harm_y_all sph_legendre_p sph_legendre_p_all
        splantider splder splev spline_filter spline_filter1d splint splprep splrep sproot sqeuclidean
        sqrtm squareform ss2tf ss2zpk standard_deviation stdtr stdtridf stdtrit step stirling2 struve
        studentized_range subspace_angles sum_labels sweep_poly t_roots tanhm tanhsinh tanm tf2sos tf2ss
        tf2zpk theilslopes tiecorrect tklmbda tmax tmean tmin tplquad triang trim1 trim_mean trimboth
        truncate truncexpon truncnorm truncpareto truncweibull_min ts_roots tsem tstd ttest_1samp
        ttest_ind ttest_ind_from_stats ttest_rel tukey_hsd tukeylambda tvar u_roots uniform_direction
        uniform_filter uniform_filter1d unique_roots unit_impulse unitary_group upfirdn us_roots
        value_indices variance variation vectorized_filter vectorstrength voigt_profile vonmises_fisher
        vonmises_line wasserstein_distance wasserstein_distance_nd watershed_ift weibull_max weibull_min
        weightedtau welch white_tophat wiener wilcoxon wishart wofz wrapcauchy wright_bessel wrightomega
        y0_zeros y1_zeros y1p_zeros yeojohnson yeojohnson_llf yeojohnson_normmax yeojohnson_normplot
        yn_zeros ynp_zeros yule yulesimon yve yvp zetac zipfian zmap zoom zoom_fft zpk2sos zpk2ss zpk2tf
        zscore
    """,
    "Python": """
        aiter anext ascii bin bisect_left bisect_right breakpoint callable chr copyright covariance
        credits delattr dict dir enumerate eval exec exit filter fmean format fsum geometric_mean
        getattr globals harmonic_mean hasattr hash help hex id input isinstance isqrt issubclass iter
        license linear_regression list locals map median_grouped median_high median_low multimode
        namedtuple next object oct open ord phase pstdev pvariance quantiles quit rect reduce repr
        reversed set setattr sorted stdev tuple ulp vars zip
    """,
    "MATLAB": """
        accumarray ackerman acosd acotd arrayfun asind atan2d atand bar besselh bitand bitor bitshift
        bitxor blkdiag bsxfun cell cell2mat cellfun circshift colon compan conv conv2 cosint cplxpair
        cumtrapz datestr deal deconv del2 delaunay deval disp display dsolve eigs ellipke end expint
        ezplot factor fclose feval figure filter2 find findstr fminbnd fmincon fminsearch fminunc fopen
        fplot fprintf fzero gallery hess hilb horzcat idivide importdata ind2sub inputname integral
        integral2 integral3 interp1 interp2 interp3 interpft intersect invhilb ipermute isempty isequal
        isfield isprime length limit linsolve lookup lsqcurvefit lsqnonlin lsqnonneg magic mat2str
        mldivide mpower mrdivide mtimes nchoosek ndgrid ndims nnz nthroot null num2str ode15s ode23
        ode23s ode45 odeset optimoptions optimset pchip perms plot plot3 polyeig polyvalm pow2 ppval
        prctile primes quad2d quadgk quadl quadprog quiver quiver3 randi rank rdivide realmax realmin
        repelem repmat rmfield rosser rref semilogx semilogy shiftdim simplify sortrows spline sprintf
        str2double str2num strcat strcmp strrep strsplit sub2ind subplot subs surf svds sym symfun syms
        table tic timeit toc toeplitz triplequad trisurf union vecnorm vertcat vpa vpasolve wilkinson
        xcorr xlabel ylabel zlabel
    """,
    "R": """
        abline aggregate anova aov aperm apply approx approxfun arrange attach ave barplot besselk
        boxplot bquote by cbind ceiling character chisq chol col colmeans colnames colsums cor crossprod
        curve cut cutree dbinom dchisq dexp df difftime dnorm dpois dt dunif duplicated eigen fivenum
        function get getwd glm grep gsub head hist ifelse integer integrate invisible istrue jitter
        kmeans kronecker lapply layout lchoose lfactorial library line lm local logical ls mad mapply
        match merge message nchar ncol nlm nlminb nls nrow numeric offset optim optimhess optimise
        optimize order paste paste0 pbinom pchisq pexp pf pgamma pmax pmin pnorm points polyroot ppois
        prcomp predict pretty psigamma pt punif qbinom qchisq qexp qf qgamma qnorm qpois qt qunif rapply
        rbind rbinom rchisq rep rep_len replicate residuals rev rexp rm rnorm row rowmeans rownames
        rowsums rpois rt runif sapply scale sd seq seq_along seq_len setdiff signif smooth splinefun
        stop str subset summary sweep switch tabulate tail tapply tcrossprod tolower toupper trigamma
        trycatch typeof uniroot unlist unsplit vapply vector which while within write xtabs zapsmall
    """,
    "Excel": """
        accrint and arabic avedev averagea averageif averageifs base betadist betainv bin2dec binomdist
        chidist chiinv chitest clean code column columns combin combina confidence convert correl count
        counta countblank countif countifs covar critbinom cumipmt date datevalue day days dec2bin
        dec2hex decimal delta devsq dollar edate even exact expondist fact factdouble fdist finv fisher
        fisherinv fixed forecast frequency ftest fv gammadist gammainv geomean gestep growth harmean
        hlookup hour hypgeomdist iferror ifna ifs imabs imaginary imsum indirect intercept ipmt irr
        isblank iserror iseven isnumber isodd istext kurt lambda large left let linest logest loginv
        lognormdist lower maxa maxifs mdeterm mid mina minifs minute minverse mirr mmult month mround
        munit negbinomdist networkdays normdist norminv normsdist normsinv now nper npv numbervalue
        oct2dec odd pearson percentrank permut phi pmt ppmt prob product proper pv quartile quotient
        randarray randbetween rate replace rept right roman rounddown roundup rows rsq search second
        sequence seriessum sheet sln slope small sortby sqrtpi standardize stdeva stdevp steyx
        substitute subtotal sumif sumifs sumproduct sumsq sumx2my2 sumx2py2 sumxmy2 syd tbilleq tdist
        text time timevalue tinv today trend trim trimmean ttest unichar upper value vara varp vdb
        vlookup weekday workday xirr xlookup xmatch xnpv xor year yearfrac ztest
    """,
    "Mathematica": """
        anglebracket arg arrayplot assuming bellb bernoullib binomialdistribution cdf
        characteristicpolynomial chop clear coefficient coefficientlist collect complexexpand
        cosintegral cyclotomic degree denominator densityplot diagonalmatrix differencedelta differences
        dimensions diracdelta dirichletcharacter divisors do drop eigensystem eigenvalues eigenvectors
        element elliptice ellipticf elliptick ellipticpi eulere eulergamma eulerphi evaluate
        expintegrale expintegralei exponent exptotrig factorinteger fibonacci findfit findinstance
        findmaximum findminimum findroot first fixedpoint fourier fouriertransform fractionalpart
        fullsimplify functionexpand gegenbauerc graphics graphics3d harmonicnumber heavisidetheta
        hermiteh holdform hypergeometric1f1 hypergeometric2f1 hypergeometricpfq identitymatrix im
        implies integerpart interpolatingpolynomial interpolation inverseerf inversefunction
        inverselaplacetransform jacobip join kroneckerdelta kroneckerproduct laguerrel laplacetransform
        last leastsquares legendrep lerchphi linearprogramming linearsolve listplot ludecomposition
        manipulate mapthread matrixexp matrixform matrixlog matrixpower matrixrank maximize minors
        module most ndsolve nest nestlist nintegrate nmaximize nminimize not nothing nproduct nsolve
        nullspace numerator or parametricplot part pdf permutations plot3d plus polylog polynomial
        powerexpand prepend prime primepi pseudoinverse qrdecomposition randominteger randomreal
        rationalize re replaceall resolve rest resultant reverse rootreduce rowreduce rule scan
        schurdecomposition series show singularvaluedecomposition sinintegral sphericalbesselj
        sphericalharmonicy standarddeviation stieltjesgamma struveh thread through times together total
        tr trigexpand trigreduce trigtoexp tuples unitstep unprotect weierstrassp whittakerm zetazero
    """,
    "Julia": """
        abs2 allunique bitstring broadcast cis cld countnz deepcopy diagm digits divrem eachcol eachrow
        eigvecs eltype evalpoly factorize fieldnames findall findfirst findlast findmax findmin findnext
        fld fldmod flipsign foldl foldr foreach forwarddiff getindex hcat hvcat idiv indexin invmod
        invperm isapprox isinteger isone issorted iszero lyap mapfoldl mapreduce mapslices middle mod1
        muladd nextpow nextprod nthperm opnorm partialsort permutedims popfirst powermod prevpow println
        promote pullback push pushforward rdiv reim reinterpret rem rem2pi reversediff rot180 rotl90
        rotr90 selectdim setindex significand similar sizeof sortperm splat stdm sylvester symdiff trues
        typemax typemin unsafe_trunc vcat vec widemul widen withgradient zygote
    """,
    "SymPy": """
        apart assume bell cancel catalan cofactors content cse doit elliptic_e elliptic_f elliptic_k
        evalf expand_log expand_trig factorint fourier_transform genocchi groebner harmonic hyper
        init_printing inverse_laplace_transform lambdify laplace_transform latex levicivita logcombine
        lowergamma lucas matrix meijerg nonlinsolve nsimplify numer parse_expr pdsolve powsimp pprint
        primerange radsimp rational ratsimp rewrite rsolve satisfiable separatevars solveset sqrtdenest
        subfactorial summation symbol symbols sympify totient trigsimp uppergamma viete wild zoo
    """,
}
"""The names of each, in lower case."""
