"""What all pages share: layout, components, static files, log-in, CSRF, errors. Knows no page and no product rule.

For whoever writes a page: `pages/<name>.py` has `router: APIRouter` and `nav: NavItem | None`, calls services
(`web.deps.services(request)`) and answers with `web.templating.page(request, "<name>.html", …)`. The template extends
`layout.html` (blocks `title`, `main`; `wide` for a page that needs the full width) and imports macros:

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
    ui.crumbs(pairs)                  where the reader is

Style: classes of static/pochoir-*.css and of the vendored basecoat (`btn` with `data-variant` primary, outline, ghost,
destructive; `input`, `textarea`, `select`, `table`). The content-security policy allows no inline script and no `style`
attribute: behaviour hangs on `data-…` attributes read by static/pochoir.js, and plots are SVG with classes
(`web/plots.py`). htmx is version 4: attributes do not inherit unless written `hx-target:inherited`.
"""
