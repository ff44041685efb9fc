// SPDX-License-Identifier: Apache-2.0
// Style and script of the status page.
#pragma once

#include <string_view>

namespace flowtap {

inline constexpr std::string_view kPageStyle = R"(
:root{color-scheme:light dark;--bg:#fafaf8;--card:#fff;--ink:#1c2226;--soft:#5d686f;--line:#e3e5e3;
--accent:#0b7a75;--bad:#b3261e;--good:#2b7a3d;--wait:#8a5a00}
@media (prefers-color-scheme:dark){:root{--bg:#121517;--card:#1a1e21;--ink:#e5e9ea;--soft:#97a3aa;
--line:#2b3135;--accent:#4cc3b8;--bad:#ff8a80;--good:#7fd092;--wait:#f0b95b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.6rem 1.2rem 3rem;max-width:80rem;background:var(--bg);color:var(--ink);
font:15px/1.45 system-ui,sans-serif}
header{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:baseline}
h1{font-size:1.35rem;margin:0;letter-spacing:-.01em}h1 small{font-weight:400;color:var(--soft);font-size:.9rem}
nav{margin-left:auto;display:flex;gap:1rem;flex-wrap:wrap}a{color:var(--accent)}
h2{font-size:1rem;margin:2rem 0 .5rem}h2 small,.note{font-weight:400;color:var(--soft);font-size:.82rem}
.state{font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}.wait{color:var(--wait)}
.reasons{border-left:3px solid var(--bad);margin:.9rem 0;padding:.1rem 0 .1rem .8rem}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%}
th,td{padding:.42rem .55rem;text-align:left;border-top:1px solid var(--line);vertical-align:middle}
thead th{border-top:0;font-size:.78rem;font-weight:600;color:var(--soft);vertical-align:bottom}
tbody th{font-weight:500;overflow-wrap:anywhere;min-width:8rem}td small{color:var(--soft)}tr.errors td{border-top:0;padding-top:0;font-size:.82rem;color:var(--bad);overflow-wrap:anywhere}tbody th small{display:block;color:var(--soft);font-weight:400}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.zero{color:var(--soft)}
svg{display:block}svg rect{fill:var(--accent)}svg path{stroke:var(--soft);stroke-opacity:.5;fill:none}svg text{fill:var(--soft);font-size:10.5px}
details{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:.5rem 0}
summary{cursor:pointer;padding:.55rem .8rem}summary small{color:var(--soft)}
details ul{margin:.1rem 0 .8rem;padding:0 1rem 0 2rem}details h3{font-size:.82rem;margin:.6rem .8rem .2rem;color:var(--soft)}
li{overflow-wrap:anywhere;margin:.15rem 0}
button{font:inherit;font-size:.82rem;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.15rem .6rem;cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
details .scroll{margin:0 .8rem}details .note{margin:.4rem .8rem .8rem}
@media (max-width:67rem){body{padding:1rem .8rem 2rem}nav{margin-left:0}
thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
table,tbody{display:block}
tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(7rem,1fr));gap:.1rem .8rem;padding:.5rem .75rem;border-top:1px solid var(--line)}
tbody tr:first-child{border-top:0}tbody th,td.picture{grid-column:1/-1}tr.errors{display:block;border-top:0;padding-top:0}
th,td{border:0;padding:.1rem 0}td.n{text-align:left;white-space:normal}
td[data-t]::before{content:attr(data-t);display:block;font-size:.72rem;color:var(--soft)}}
)";

// Replaces only the middle, and not while the reader has selected text in it. Reports a missing answer, so
// that old numbers are not taken for new ones.
inline constexpr std::string_view kPageScript = R"(
const pause = document.getElementById('pause'), stale = document.getElementById('stale');
let paused = false, last = new Date();
pause.hidden = false;
pause.onclick = () => { paused = !paused; pause.textContent = paused ? 'Resume' : 'Pause'; };
const marked = () => { const s = getSelection(); return s && !s.isCollapsed; };
async function refresh() {
  if (paused || document.hidden || marked()) return;
  try {
    const answer = await fetch('', {cache: 'no-store', signal: AbortSignal.timeout(10000)});
    if (!answer.ok) throw new Error(answer.status);
    const newer = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
    const main = document.querySelector('main');
    const at = document.activeElement && document.activeElement.closest('details');
    for (const open of main.querySelectorAll('details[open]')) {
      const same = newer.querySelector('#' + open.id);
      if (same) same.open = true;
    }
    main.replaceWith(newer);
    if (at && document.getElementById(at.id)) document.querySelector('#' + at.id + ' summary').focus();
    last = new Date();
    stale.hidden = true;
  } catch (error) {
    stale.textContent = 'No answer from flowtap: the numbers are from ' + last.toLocaleTimeString() + '.';
    stale.hidden = false;
  }
}
setInterval(refresh, 3000);
)";

}  // namespace flowtap
