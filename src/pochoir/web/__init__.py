"""What all pages share: layout, components, static files, log-in, CSRF, errors. Knows no page and no product rule.

For whoever writes a page: `pages/<name>.py` has `router: APIRouter` and `nav: NavItem | None`, calls services
(`web.deps.services(request)`) and answers with `web.templating.page(request, "<name>.html", …)`. The template extends
`layout.html` (blocks `title`, `main`, `width`) and imports macros:

    {% import "components.html" as ui with context %}
    ui.csrf()                         hidden field that every POST form needs
    ui.icon(name)                     a Lucide icon of static/vendor/lucide/icons.svg
    ui.head(title, lead, kicker)      the page's heading; `{% call %}` adds buttons on its right
    ui.field(id, label, help, problem, required, mark)   label + control (`{% call %}`) + help + error
    ui.choose(name, options, value)   a select; options are (value, label) pairs
    ui.status(state) ui.badge(text, tone)                 tone: ok, warn, bad, info, plain
    ui.notice(tone, title)            a boxed message; `{% call %}` is its body
    ui.empty(title, text, icon)       what an empty list says; `{% call %}` holds the way out
    ui.price(quote)                   total, exact or estimate, with its lines folded below
    ui.shot(artifact) ui.shots(list)  thumbnails with fixed proportions
    ui.saved_mark(what)               a small "Saved", where the address says `?saved=what`
    ui.sure(action, label, question, yes)                a button that asks before it posts
    ui.crumbs(pairs)                  where the reader is

Also to import: `tool_head.html` (heading and tabs of one tool), `tool_fields.html` (a tool's inputs as controls),
`spec_parts.html` (a spec as a form, with `web/spec_form.py` behind it). Filters: `money`, `amount`, `plural`, `ago(now)`,
`when`, `span`, `bytes`, `pretty`. A page may ask for `{% block width %}wide{% endblock %}` or `text`.

Style: classes of static/pochoir-*.css and of the vendored basecoat (`btn` with `data-variant` primary, outline, ghost,
destructive; `input`, `textarea`, `select`, `table`). The content-security policy allows no inline script and no `style`
attribute: behaviour hangs on `data-…` attributes read by static/pochoir.js, and plots are SVG with classes
(`web/plots.py`). htmx is version 4: attributes do not inherit unless written `hx-target:inherited`.
"""
