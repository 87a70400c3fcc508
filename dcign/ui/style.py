"""Theme and style sheet: system fonts only (nothing is fetched), both light and dark."""

from __future__ import annotations

from gradio.themes import Base, colors, sizes

_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")


def theme() -> Base:
    """The page's theme."""
    return Base(
        primary_hue=colors.teal,
        secondary_hue=colors.teal,
        neutral_hue=colors.stone,
        text_size=sizes.text_md,
        spacing_size=sizes.spacing_sm,
        radius_size=sizes.radius_md,
        font=_SANS,
        font_mono=_MONO,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_500",   # readable: 4.5 times the ground's contrast and more
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_shadow="none",
        block_shadow_dark="none",
        slider_color="*primary_600",
        slider_color_dark="*primary_500",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
    )


CSS = """
.gradio-container > .main { padding: 10px 20px 4px !important; max-width: 1640px !important; margin: 0 auto; }
#title .html-container, #stage .html-container { padding: 0; }
#title h1 { display: inline; font-size: 1.3rem; margin: 0 10px 0 0; font-weight: 650; }
#title p { display: inline; margin: 0; color: var(--body-text-color-subdued); }

/* Three columns; the picture gets what the other two leave. */
#stage { display: grid; grid-template-columns: 280px minmax(0, 1fr) 310px; gap: 14px; align-items: start; }
#stage > .column { min-width: 0 !important; gap: 10px; }
#stage label, #stage .block-label, #stage span[data-testid=block-info] { font-size: 0.85rem; }
#model .wrap, #factor .wrap { flex-wrap: nowrap; gap: 6px; }
#model .wrap label, #factor .wrap label { flex: 1 1 auto; padding: 5px 7px; gap: 5px; }
#model .wrap label span, #factor .wrap label span { margin: 0; }

#examples .grid-wrap { height: auto !important; max-height: none !important; min-height: 0 !important;
                       padding: 26px 6px 6px; overflow: visible; }
#examples .grid-container { grid-template: none / repeat(4, minmax(0, 1fr)) !important; gap: 5px !important;
                            grid-auto-rows: auto !important; padding-top: 0; height: auto; }
#examples .thumbnail-lg { aspect-ratio: 1; height: auto; border-radius: var(--radius-md); }

/* The picture: as large as the window allows with the sliders below it in sight. */
#view { background: transparent; }
#view img { display: block; margin: 0 auto; width: min(100%, max(320px, 100vh - 268px)); height: auto;
            aspect-ratio: 1; user-select: none; border-radius: var(--radius-lg); }

#presets { gap: 5px; flex-wrap: wrap; justify-content: center; }
#presets button { flex: 0 0 auto; min-width: 0; padding: 3px 8px; font-size: 0.8rem; font-weight: 450; }
#presets button.reset { font-weight: 650; }

/* One line per slider: name, track, number. */
#sliders { gap: 0 !important; border: 1px solid var(--border-color-primary); border-radius: var(--radius-lg);
           background: var(--block-background-fill); padding: 6px 12px; }
#sliders .form { border: 0; background: transparent; gap: 0; box-shadow: none; }
#sliders .block { border: 0; padding: 4px 0; background: transparent; overflow: visible !important; }
#sliders .block > .wrap:last-child { display: grid; grid-template-columns: 176px minmax(0, 1fr) 60px;
                                     align-items: center; gap: 12px; }
#sliders .head { display: contents; }
#sliders .head label span { margin: 0; }
#sliders .slider_input_container { order: 1; }
#sliders .head .tab-like-container { order: 2; margin: 0; }
#sliders input[type=number] { min-width: 0; width: 58px; font-variant-numeric: tabular-nums; }
#sliders input[type=range] { height: 22px; touch-action: pan-y; }
#sliders input[type=range]:focus-visible { outline: 2px solid var(--primary-500); outline-offset: 3px; }
#sliders .min_value, #sliders .max_value { min-width: 2.2em; text-align: center; margin: 0; }

.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.pair figure { margin: 0; }
.pair img { display: block; width: 100%; aspect-ratio: 1; border-radius: var(--radius-md); }
.pair figcaption { font-size: 0.8rem; margin-top: 3px; text-align: center;
                   color: var(--body-text-color-subdued); }
table.estimate { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
table.estimate caption { text-align: left; font-weight: 600; padding-bottom: 3px; }
table.estimate tr { border-top: 1px solid var(--border-color-primary); }
table.estimate th { text-align: left; font-weight: 400; padding: 3px 8px 3px 0; }
table.estimate td { padding: 3px 0; color: var(--body-text-color-subdued); }
table.estimate td.degrees { text-align: right; padding-right: 12px; font-variant-numeric: tabular-nums;
                            color: var(--body-text-color); font-weight: 600; }
.panel-title h2 { font-size: 0.9rem; font-weight: 600; margin: 0; }
.note { margin: 0 0 6px; padding: 6px 10px; border-left: 3px solid #d97706; font-size: 0.88rem;
        background: color-mix(in srgb, #d97706 12%, transparent); border-radius: 4px; }
.note.refusal { border-left-color: #dc2626; background: color-mix(in srgb, #dc2626 14%, transparent); }

@media (max-width: 1180px) {
  #stage { grid-template-columns: minmax(0, 1fr) 306px; }
  #look { order: 1; grid-row: span 2; position: sticky; top: 8px; }
  #choose { order: 2; }
  #results { order: 3; }
}
@media (max-width: 720px) {
  .gradio-container > .main { padding: 8px 10px !important; }
  #title p { display: block; }
  #stage { grid-template-columns: minmax(0, 1fr); }
  #look { grid-row: auto; position: static; }
  #view img { width: min(100%, max(240px, 100vh - 380px)); }
  #sliders .block > .wrap:last-child { grid-template-columns: minmax(0, 1fr) 60px; gap: 0 12px; }
  #sliders .slider_input_container { order: 3; grid-column: 1 / -1; }
}
"""
