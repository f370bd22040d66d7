"""The MathJax macros that are allowed in a student's formulas.

Some macros of MathJax print outside the box of a formula, over the fields for points; some redefine other macros on the
whole page; some set addresses and styles; and some expand a little input to very much. A list of forbidden macros would
never be complete. So this is a list of allowed macros: letters, signs, and constructions that are no larger than they
look.
"""

import re

_LETTERS = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi omicron pi varpi
rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi
Omega digamma aleph beth hbar hslash ell imath jmath wp Re Im eth complement partial nabla infty emptyset varnothing
"""
_SIGNS = """
pm mp times div cdot cdotp ast star circ bullet cap cup uplus sqcap sqcup vee wedge lor land setminus smallsetminus wr
diamond oplus ominus otimes oslash odot bigcirc dagger ddagger amalg lhd rhd unlhd unrhd le leq leqslant ge geq
geqslant ne neq lt gt ll gg lll ggg equiv sim simeq approx approxeq cong asymp doteq propto models prec succ preceq
succeq perp mid nmid parallel nparallel subset supset subseteq supseteq nsubseteq subsetneq sqsubseteq sqsupseteq in
ni notin lesssim gtrsim lessgtr triangleq coloneqq vdash dashv bowtie smile frown to gets mapsto longmapsto leftarrow
rightarrow leftrightarrow Leftarrow Rightarrow Leftrightarrow longleftarrow longrightarrow longleftrightarrow
Longleftarrow Longrightarrow Longleftrightarrow uparrow downarrow updownarrow Uparrow Downarrow nearrow searrow
swarrow nwarrow hookrightarrow hookleftarrow rightharpoonup rightharpoondown rightleftharpoons leadsto implies
impliedby iff forall exists nexists neg lnot top bot angle triangle square Box blacksquare Diamond clubsuit
diamondsuit heartsuit spadesuit flat natural sharp prime backprime surd checkmark therefore because S P dots ldots
cdots vdots ddots dotsb dotsc dotsi dotsm colon degree pounds copyright lbrace rbrace lbrack rbrack langle rangle
lfloor rfloor lceil rceil vert Vert lvert rvert lVert rVert backslash not
"""
_OPERATORS = """
sum prod coprod int iint iiint oint bigcap bigcup bigsqcup bigvee bigwedge bigodot bigotimes bigoplus biguplus arccos
arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min Pr sec sin
sinh sup tan tanh injlim projlim bmod pmod mod operatorname limits nolimits
"""
_BUILT = """
frac dfrac tfrac cfrac binom dbinom tbinom sqrt over choose atop stackrel overset underset substack left right middle
big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr Biggm overline underline overbrace
underbrace overrightarrow overleftarrow hat widehat tilde widetilde bar vec dot ddot acute grave check breve mathring
boxed displaystyle textstyle scriptstyle scriptscriptstyle mathop mathbin mathrel mathord
"""
_WORDS = """
text textrm textbf textit textsf texttt mbox mathrm mathbf mathit mathsf mathtt mathbb mathcal mathscr mathfrak
mathnormal boldsymbol bf rm it cal Bbb quad qquad enspace thinspace begin end hline label tag ref eqref notag nonumber
"""
_TABLES = """
equation align aligned gather gathered multline split eqnarray cases matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix
smallmatrix array
"""
MACROS = frozenset(" ".join([_LETTERS, _SIGNS, _OPERATORS, _BUILT, _WORDS]).split())
_ENVIRONMENT = rf"\{{(?:{'|'.join(_TABLES.split())})\*?\}}"
_LENGTH = r"\d{1,2}(?:\.\d{1,2})?\s*(?:em|ex|pt|mm|cm|px)"
_SPACE = r"[\s\ufeff]*"  # white space in JavaScript
# Finds what is not allowed: other macros, other environments, repeated columns, negative or long distances.
_UNLISTED = re.compile(
    r"\\(?:"
    rf"(?!(?:{'|'.join(sorted(MACROS))}|hspace)(?![a-zA-Z]))[a-zA-Z]"
    rf"|(?:begin|end)(?!\s*{_ENVIRONMENT})(?![a-zA-Z])"
    r"|begin(?=\s*\{array\}(?!(?:\[[tcb]\])?\{[lcr| ]{1,40}\}))"
    rf"|hspace(?!\s*\{{\s*{_LENGTH}\s*\}})(?![a-zA-Z])"
    r")"
)
_ROWS = re.compile(rf"\\\\\*?{_SPACE}\[(?!\s*{_LENGTH}\s*\])")  # negative or long distances between rows
_BEGINS = re.compile(r"\$|\\[(\[]|\\begin")
MAX_BACK = 20  # how many negative spaces (\!, a sixth of an em) are allowed


def has_formulas(text: str) -> bool:
    """Whether MathJax may find formulas in the text of a page."""
    return bool(_BEGINS.search(text))


def is_listed(text: str) -> bool:
    """Whether all macros in the text of a page are allowed."""
    return not _UNLISTED.search(text) and not _ROWS.search(text) and text.count("\\!") <= MAX_BACK


def spelt_out(text: str) -> str:
    """Markdown in which each macro that is not allowed is turned into a word, by a space after its backslash."""
    return _UNLISTED.sub(lambda macro: f"\\ {macro[0][1:]}", text)
