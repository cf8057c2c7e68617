"""Names that functions of libraries, languages and spreadsheets have, taken from the public lists of these.

Such a name is no slip of the hand: where gradcli has no function of that name, none is guessed in its place.
Names that gradcli has may stand here, and are never looked up. A library is told that comes first; what the
modules of libraries have that can be imported stands in `language/libraries.py`, and only what else they have
here.
"""

from __future__ import annotations

TITLES = {
    "numpy": "NumPy",
    "torch": "PyTorch",
    "scipy": "SciPy",
    "math": "Python",
    "statistics": "Python",
    "sympy": "SymPy",
    "mpmath": "mpmath",
    "jax": "JAX",
    "tensorflow": "TensorFlow",
}
"""What the libraries are called whose modules stand there."""

LIBRARIES = {
    "NumPy": """
        bytes chisquare choice default_rng dirichlet exponential fft fft2 fftfreq fftn fftshift
        geometric gumbel hfft hypergeometric ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn
        laplace logistic lognormal logseries multinomial multivariate_normal negative_binomial
        noncentral_chisquare noncentral_f normal pareto permutation poisson polycompanion
        polyfromroots polygrid2d polygrid3d polyline polymulx polypow polyroots polytrim polyval2d
        polyval3d polyvalfromroots polyvander polyvander2d polyvander3d rand randint randn random
        random_integers random_sample ranf rayleigh rfft rfft2 rfftfreq rfftn sample shuffle
        standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular
        uniform vonmises wald weibull zipf
    """,
    "PyTorch": """
        adaptiveavgpool1d adaptiveavgpool2d adaptiveavgpool3d adaptivelogsoftmaxwithloss
        adaptivemaxpool1d adaptivemaxpool2d adaptivemaxpool3d alphadropout avgpool1d avgpool2d
        avgpool3d batchnorm1d batchnorm2d batchnorm3d bceloss bcewithlogitsloss buffer byte
        calculate_gain cast cdouble cfloat chalf channelshuffle char circularpad1d circularpad2d
        circularpad3d coalesce constantpad1d constantpad2d constantpad3d container convtranspose1d
        convtranspose2d convtranspose3d cosineembeddingloss cosinesimilarity crossentropyloss
        crossmaplrn2d ctcloss cuda dataparallel dense_dim dirac embeddingbag expand_as
        featurealphadropout fractionalmaxpool2d fractionalmaxpool3d functionalize gaussiannllloss
        grad_and_value gradcheck gradgradcheck groupnorm grucell hfft2 hfftn hingeembeddingloss
        huberloss ihfft2 ihfftn index instancenorm1d instancenorm2d instancenorm3d jacfwd jacrev
        kaiming_normal kaiming_uniform kineto_available kldivloss l1loss layernorm lazybatchnorm1d
        lazybatchnorm2d lazybatchnorm3d lazyconv1d lazyconv2d lazyconv3d lazyconvtranspose1d
        lazyconvtranspose2d lazyconvtranspose3d lazyinstancenorm1d lazyinstancenorm2d
        lazyinstancenorm3d lazylinear leakyrelu linearcrossentropyloss linearcrossentropyoptions
        linearize literal localresponsenorm logsoftmax lppool1d lppool2d lppool3d lstmcell
        marginrankingloss maxpool1d maxpool2d maxpool3d maxunpool1d maxunpool2d maxunpool3d
        module_load moduledict modulelist mseloss mtia multiheadattention multilabelmarginloss
        multilabelsoftmarginloss multimarginloss ndimension nelement new new_empty new_full new_ones
        new_zeros nllloss nllloss2d orthogonal pairwisedistance parameterdict parameterlist pin_memory
        pixelshuffle pixelunshuffle poissonnllloss rearrange reflectionpad1d reflectionpad2d
        reflectionpad3d replicationpad1d replicationpad2d replicationpad3d reshape_as rmsnorm rnn
        rnnbase rnncell rnncellbase sequential smoothl1loss softmarginloss softmax2d sparse
        stack_module_state sum_to_size syncbatchnorm transformer transformerdecoder
        transformerdecoderlayer transformerencoder transformerencoderlayer tripletmarginloss
        tripletmarginwithdistanceloss uninitializedbuffer uninitializedparameter upsamplingbilinear2d
        upsamplingnearest2d variable xavier_normal xavier_uniform xpu zeropad1d zeropad2d zeropad3d
    """,
    "SciPy": """
        abcd_normalize affine_transform alexandergovern alpha anderson anderson_ksamp anglit ansari
        approx_fprime approximate_taylor_polynomial arcsine argrelextrema argrelmax argrelmin argus
        band_stop_obj barnard_exact barycentric_interpolate basinhopping bayes_mvs bessel besselap
        betabinom betanbinom betaprime bilinear_zpk binary_closing binary_dilation binary_erosion
        binary_fill_holes binary_hit_or_miss binary_opening binary_propagation binned_statistic
        binned_statistic_2d binned_statistic_dd binomtest bisect bisplev bisplrep black_tophat bode
        boltzmann bootstrap boschloo_exact boxcox_llf boxcox_normmax boxcox_normplot bracket bradford
        braycurtis brent brenth brentq broyden1 broyden2 brunnermunzel brute burr burr12 buttap butter
        buttord bws_test cauchy center_of_mass chatterjeexi cheb1ap cheb1ord cheb2ap cheb2ord cheby1
        cheby2 chebyshev check_cola check_grad check_nola chi2 chi2_contingency chirp
        choose_conv_method circmean circstd circvar cityblock closest_stft_dual_window coherence
        combine_pvalues cont2discrete convolve1d convolve2d correlate1d correlate2d correlation
        correlation_lags cosine cramervonmises cramervonmises_2samp crystalball csd cspline1d
        cspline1d_eval cspline2d cubature cumfreq cumulative_simpson curve_fit czt czt_points dblquad
        dbode dct dctn decimate deconvolve describe detrend dfreqresp dgamma diagbroyden dice
        differential_entropy differential_evolution dimpulse direct directed_hausdorff
        directional_stats dirichlet_multinomial distance_transform_bf distance_transform_cdt
        distance_transform_edt dlaplace dlsim dpareto_lognorm dst dstep dstn dual_annealing dunnett
        dweibull ecdf ellip ellipap ellipord energy_distance entropy envelope epps_singleton_2samp
        erlang euclidean excitingmixing expectile expon exponnorm exponpow exponweib extrema f_oneway
        false_discovery_control fatiguelife fftconvolve fht fhtoffset filtfilt find_objects find_peaks
        find_peaks_cwt findfreqs firls firwin firwin2 firwin_2d fisher_exact fisk fit fixed_point
        fixed_quad fligner fmin_bfgs fmin_cg fmin_cobyla fmin_l_bfgs_b fmin_ncg fmin_powell fmin_slsqp
        fmin_tnc fminbound foldcauchy foldnorm fourier_ellipsoid fourier_gaussian fourier_shift
        fourier_uniform freqresp freqs freqs_zpk freqz freqz_sos freqz_zpk friedmanchisquare fsolve
        gammatone gauss_spline gausshyper gaussian_filter gaussian_filter1d
        gaussian_gradient_magnitude gaussian_laplace gausspulse generate_knots generic_filter
        generic_filter1d generic_gradient_magnitude generic_laplace genexpon genextreme gengamma
        genhalflogistic genhyperbolic geninvgauss genlogistic gennorm genpareto geom
        geometric_transform gibrat gmean golden gompertz goodness_of_fit grey_closing grey_dilation
        grey_erosion grey_opening griddata group_delay gstd gumbel_l gumbel_r gzscore halfcauchy
        halfgennorm halflogistic halfnorm hilbert2 hmean hypergeom hypsecant idct idctn idst idstn
        ifht iircomb iirdesign iirfilter iirnotch iirpeak impulse interpn invgamma invgauss invres
        invresz invweibull invwishart iqr irwinhall jaccard jarque_bera jensenshannon jf_skew_t
        johnsonsb johnsonsu kaiser_atten kaiser_beta kaiserord kappa3 kappa4 kendalltau
        krogh_interpolate kruskal ks_1samp ks_2samp ksone kstat kstatvar kstest kstwo kstwobign
        kurtosis kurtosistest label labeled_comprehension lagrange landau laplace_asymmetric
        least_squares leastsq lebedev_rule levene levy levy_l levy_stable lfilter lfilter_zi lfiltic
        line_search linear_sum_assignment linearmixing linprog linprog_verbose_callback linregress
        lmoment loglaplace lognorm logrank logser loguniform lomax lombscargle lp2bp lp2bp_zpk lp2bs
        lp2bs_zpk lp2hp lp2hp_zpk lp2lp lp2lp_zpk lsim lsq_linear mahalanobis make_distribution
        make_interp_spline make_lsq_spline make_smoothing_spline make_splprep make_splrep mannwhitneyu
        map_coordinates matrix_normal matrix_t max_len_seq maximum_filter maximum_filter1d
        maximum_position maxwell medfilt medfilt2d median_abs_deviation median_filter median_test
        mielke milp minimize minimize_scalar minimum_filter minimum_filter1d minimum_phase
        minimum_position minkowski moment monte_carlo_test mood morphological_gradient
        morphological_laplace moyal multiscale_graphcorr multivariate_hypergeom multivariate_t mvsdist
        nakagami nbinom ncf nchypergeom_fisher nchypergeom_wallenius nct ncx2 newton newton_cotes
        newton_krylov next_fast_len nhypergeom nnls normal_inverse_gamma normaltest norminvgauss nquad
        nsum num_obs_dm num_obs_y oaconvolve obrientransform odeint order_filter order_statistic
        ortho_group pade page_trend_test pchip_interpolate peak_prominences peak_widths pearson3
        pearsonr percentile_filter percentileofscore periodogram permutation_test place_poles planck
        pmean pointbiserialr poisson_binom poisson_means_test power_divergence powerlaw powerlognorm
        powernorm ppcc_max ppcc_plot prev_fast_len prewitt probplot quad random_correlation
        random_table rank_filter rankdata ranksums rdist recipinvgauss rel_breitwigner relfreq remez
        resample resample_poly residue residuez rice ridder rogerstanimoto romb root root_scalar rosen
        rosen_der rosen_hess rosen_hess_prod rotate russellrao savgol_coeffs savgol_filter sawtooth
        scoreatpercentile sem semicircular sepfir2d seuclidean shapiro shgo shift siegelslopes
        sigmaclip simpson skellam skew skewcauchy skewnorm skewtest skip_backend sobel sobol_indices
        sokalsneath solve_bvp solve_ivp somersd sos2tf sos2zpk sosfilt sosfilt_zi sosfiltfilt sosfreqz
        spalde spearmanr spearmanrho special_ortho_group spectrogram splantider splder splev
        spline_filter spline_filter1d splint splprep splrep sproot sqeuclidean squareform ss2tf ss2zpk
        standard_deviation step studentized_range sum_labels sweep_poly tanhsinh tf2sos tf2ss tf2zpk
        theilslopes tiecorrect tmax tmean tmin tplquad triang trim1 trim_mean trimboth truncate
        truncexpon truncnorm truncpareto truncweibull_min tsem tstd ttest_1samp ttest_ind
        ttest_ind_from_stats ttest_rel tukey_hsd tukeylambda tvar uniform_direction uniform_filter
        uniform_filter1d unique_roots unit_impulse unitary_group upfirdn value_indices variance
        variation vectorized_filter vectorstrength vonmises_fisher vonmises_line wasserstein_distance
        wasserstein_distance_nd watershed_ift weibull_max weibull_min weightedtau welch white_tophat
        wiener wilcoxon wishart wrapcauchy yeojohnson yeojohnson_llf yeojohnson_normmax
        yeojohnson_normplot yule yulesimon zipfian zmap zoom zoom_fft zpk2sos zpk2ss zpk2tf zscore
    """,
    "Python": """
        aiter anext ascii bin breakpoint callable chr copyright credits delattr dict dir enumerate
        eval exec exit filter format getattr globals hasattr hash help hex id input isinstance
        issubclass iter license list locals map next object oct open ord phase quit rect repr reversed
        set setattr sorted tuple vars zip
    """,
    "MATLAB": """
        accumarray ackerman acosd acotd arrayfun asind atan2d atand bar besselh bitand bitor bitshift
        bitxor blkdiag bsxfun cell cell2mat cellfun circshift colon compan conv conv2 cosint cplxpair
        cumtrapz datestr deal deconv del2 delaunay deval disp display dsolve eigs ellipke end expint
        ezplot factor fclose feval figure filter2 find findstr fminbnd fmincon fminsearch fminunc
        fopen fplot fprintf fzero gallery hess hilb horzcat idivide importdata ind2sub inputname
        integral integral2 integral3 interp1 interp2 interp3 interpft intersect invhilb ipermute
        isempty isequal isfield isprime length limit linsolve lookup lsqcurvefit lsqnonlin lsqnonneg
        magic mat2str mldivide mpower mrdivide mtimes nchoosek ndgrid ndims nnz nthroot null num2str
        ode15s ode23 ode23s ode45 odeset optimoptions optimset pchip perms plot plot3 polyeig polyvalm
        pow2 ppval prctile primes quad2d quadgk quadl quadprog quiver quiver3 randi rank rdivide
        realmax realmin repelem repmat rmfield rosser rref semilogx semilogy shiftdim simplify
        sortrows spline sprintf str2double str2num strcat strcmp strrep strsplit sub2ind subplot subs
        surf svds sym symfun syms table tic timeit toc toeplitz triplequad trisurf union vecnorm
        vertcat vpa vpasolve wilkinson xcorr xlabel ylabel zlabel
    """,
    "R": """
        abline aggregate anova aov aperm apply approx approxfun arrange attach ave barplot besselk
        boxplot bquote by cbind ceiling character chisq chol col colmeans colnames colsums cor
        crossprod curve cut cutree dbinom dchisq dexp df difftime dnorm dpois dt dunif duplicated
        eigen fivenum function get getwd glm grep gsub head hist ifelse integer integrate invisible
        istrue jitter kmeans kronecker lapply layout lchoose lfactorial library line lm local logical
        ls mad mapply match merge message nchar ncol nlm nlminb nls nrow numeric offset optim
        optimhess optimise optimize order paste paste0 pbinom pchisq pexp pf pgamma pmax pmin pnorm
        points polyroot ppois prcomp predict pretty psigamma pt punif qbinom qchisq qexp qf qgamma
        qnorm qpois qt qunif rapply rbind rbinom rchisq rep rep_len replicate residuals rev rexp rm
        rnorm row rowmeans rownames rowsums rpois rt runif sapply scale sd seq seq_along seq_len
        setdiff signif smooth splinefun stop str subset summary sweep switch tabulate tail tapply
        tcrossprod tolower toupper trigamma trycatch typeof uniroot unlist unsplit vapply vector which
        while within write xtabs zapsmall
    """,
    "Excel": """
        accrint and arabic avedev averagea averageif averageifs base betadist betainv bin2dec
        binomdist chidist chiinv chitest clean code column columns combin combina confidence convert
        correl count counta countblank countif countifs covar critbinom cumipmt date datevalue day
        days dec2bin dec2hex decimal delta devsq dollar edate even exact expondist fact factdouble
        fdist finv fisher fisherinv fixed forecast frequency ftest fv gammadist gammainv geomean
        gestep growth harmean hlookup hour hypgeomdist iferror ifna ifs imabs imaginary imsum indirect
        intercept ipmt irr isblank iserror iseven isnumber isodd istext kurt lambda large left let
        linest logest loginv lognormdist lower maxa maxifs mdeterm mid mina minifs minute minverse
        mirr mmult month mround munit negbinomdist networkdays normdist norminv normsdist normsinv now
        nper npv numbervalue oct2dec odd pearson percentrank permut phi pmt ppmt prob product proper
        pv quartile quotient randarray randbetween rate replace rept right roman rounddown roundup
        rows rsq search second sequence seriessum sheet sln slope small sortby sqrtpi standardize
        stdeva stdevp steyx substitute subtotal sumif sumifs sumproduct sumsq sumx2my2 sumx2py2
        sumxmy2 syd tbilleq tdist text time timevalue tinv today trend trim trimmean ttest unichar
        upper value vara varp vdb vlookup weekday workday xirr xlookup xmatch xnpv xor year yearfrac
        ztest
    """,
    "Mathematica": """
        anglebracket arg arrayplot assuming bellb bernoullib binomialdistribution cdf
        characteristicpolynomial chop clear coefficient coefficientlist collect complexexpand
        cosintegral cyclotomic degree denominator densityplot diagonalmatrix differencedelta
        differences dimensions diracdelta dirichletcharacter divisors do drop eigensystem eigenvalues
        eigenvectors element elliptice ellipticf elliptick ellipticpi eulere eulergamma eulerphi
        evaluate expintegrale expintegralei exponent exptotrig factorinteger fibonacci findfit
        findinstance findmaximum findminimum findroot first fixedpoint fourier fouriertransform
        fractionalpart fullsimplify functionexpand gegenbauerc graphics graphics3d harmonicnumber
        heavisidetheta hermiteh holdform hypergeometric1f1 hypergeometric2f1 hypergeometricpfq
        identitymatrix im implies integerpart interpolatingpolynomial interpolation inverseerf
        inversefunction inverselaplacetransform jacobip join kroneckerdelta kroneckerproduct laguerrel
        laplacetransform last leastsquares legendrep lerchphi linearprogramming linearsolve listplot
        ludecomposition manipulate mapthread matrixexp matrixform matrixlog matrixpower matrixrank
        maximize minors module most ndsolve nest nestlist nintegrate nmaximize nminimize not nothing
        nproduct nsolve nullspace numerator or parametricplot part pdf permutations plot3d plus
        polylog polynomial powerexpand prepend prime primepi pseudoinverse qrdecomposition
        randominteger randomreal rationalize re replaceall resolve rest resultant reverse rootreduce
        rowreduce rule scan schurdecomposition series show singularvaluedecomposition sinintegral
        sphericalbesselj sphericalharmonicy standarddeviation stieltjesgamma struveh thread through
        times together total tr trigexpand trigreduce trigtoexp tuples unitstep unprotect weierstrassp
        whittakerm zetazero
    """,
    "Julia": """
        abs2 allunique bitstring broadcast cis cld countnz deepcopy diagm digits divrem eachcol
        eachrow eigvecs eltype evalpoly factorize fieldnames findall findfirst findlast findmax
        findmin findnext fld fldmod flipsign foldl foldr foreach forwarddiff getindex hcat hvcat idiv
        indexin invmod invperm isapprox isinteger isone issorted iszero lyap mapfoldl mapreduce
        mapslices middle mod1 muladd nextpow nextprod nthperm opnorm partialsort permutedims popfirst
        powermod prevpow println promote pullback push pushforward rdiv reim reinterpret rem rem2pi
        reversediff rot180 rotl90 rotr90 selectdim setindex significand similar sizeof sortperm splat
        stdm sylvester symdiff trues typemax typemin unsafe_trunc vcat vec widemul widen withgradient
        zygote
    """,
    "SymPy": """
        assume doit evalf matrix rational rewrite symbol wild zoo
    """,
    "JAX": "",
    "mpmath": "",
    "TensorFlow": "",
}
"""The names of each, in lower case."""
