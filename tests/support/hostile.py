"""Words that want to be more than words, by what they try. All of a visitor's length at the most.

Whatever takes effect says so in `window.hit`, or calls for something at `ELSEWHERE`.
"""

from __future__ import annotations

ELSEWHERE = "elsewhere.example"
_PIXEL = f"https://{ELSEWHERE}/pixel.png"
HOSTILE = {
    "script": '<script>window.hit = 1</script><img src=x onerror="window.hit = 2">'
    '<svg onload="window.hit = 3"><iframe srcdoc="<script>parent.hit = 4</script>"></iframe>'
    f'<style>@import "{_PIXEL}"; * {{ display: none }}</style><base href="https://{ELSEWHERE}/">'
    f'<form action="https://{ELSEWHERE}/"><input name="motdepasse"></form>',
    "links": "[un](javascript:window.hit=5) [deux](data:text/html,<script>parent.hit=6</script>) "
    '<a href="javascript:window.hit=7">trois</a> <javascript:window.hit=8> '
    "[quatre](JaVaScRiPt&#58;window.hit=9) [cinq](vbscript:x) [six]: javascript:window.hit=10",
    "image": f'![x]({_PIXEL}) [![y]({_PIXEL})](javascript:window.hit=11) ![z]({_PIXEL} "t")',
    "entities": "&lt;script&gt;window.hit=12&lt;/script&gt; "
    "&#60;img src=x onerror=window.hit=13&#62; &amp;lt;b&amp;gt; "
    "&#x6A;avascript&colon;window.hit=14",
    "bidi": "facture \u202egnp.exe\u2066 \u200f\u2067 fin" * 20,
    "zero width": "annu\u200bler\u200d\ufeff\u2060 \u00ad" * 60,
    "huge": "W" * 3_900,
    "emoji": "👩🏽‍⚕️" * 700,
    "template": "{{7*7}} ${window.hit=15} <%= 1 %> {0.__class__} %s %n \\u003cscript\\u003e",
}
# More than one message may hold.
TEN_THOUSAND_EMOJI = "😀" * 10_000
