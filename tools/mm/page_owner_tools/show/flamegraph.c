// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flame graph that needs nothing but a browser.
 *
 * Each frame is a group with a title (what the mouse shows), a box and a text,
 * laid out here, so that it is a picture without any script too. The script
 * moves the boxes for a zoom and colours them for a search. It finds all that it
 * needs in the attributes of the groups: where the frame begins and ends, in
 * pages, how deep it is, and its name.
 */
#include <string.h>

#include "show/export.h"
#include "show/print.h"
#include "count/tree.h"

#define WIDTH		1200
#define ROW		18
#define TOP		64
#define BOTTOM		34
#define LETTER		7.0

/* What is narrower than this cannot be seen, and is left out. */
#define MIN_PIXELS	0.15

static const char style[] =
"<style>\n"
"text{font:12px monospace;fill:#222}\n"
".h{font:bold 17px sans-serif}\n"
".f{cursor:pointer}.f rect{stroke:#fff;stroke-width:.6}\n"
".f:hover rect{stroke:#000}.f text{pointer-events:none}\n"
".dim rect{opacity:.45}.hit rect{fill:#d33cff!important}\n"
"#back{cursor:pointer;fill:#06c;visibility:hidden}\n"
"input{font:13px sans-serif;width:200px}\n"
"</style>\n";

static const char script[] =
"<script><![CDATA[\n"
"(function () {\n"
"  'use strict';\n"
"  var svg = document.documentElement;\n"
"  var frames = Array.from(svg.querySelectorAll('.f')).map(function (g) {\n"
"    return { g: g, rect: g.querySelector('rect'), text: g.querySelector('text'),\n"
"             from: +g.dataset.from, to: +g.dataset.to, depth: +g.dataset.depth,\n"
"             name: g.dataset.name };\n"
"  });\n"
"  var all = frames[0], zoomed = all;\n"
"  var back = document.getElementById('back');\n"
"  var note = document.getElementById('note');\n"
"  var found = document.getElementById('found');\n"
"  var input = document.getElementById('search');\n"
"  var width = +svg.dataset.width, letter = +svg.dataset.letter;\n"
"  function label(f, w) {\n"
"    var n = Math.floor((w - 6) / letter);\n"
"    f.text.textContent = n < 3 ? '' : f.name.length <= n ? f.name :\n"
"                         f.name.slice(0, n - 2) + '..';\n"
"  }\n"
"  function zoom(to) {\n"
"    var scale = width / (to.to - to.from);\n"
"    zoomed = to;\n"
"    frames.forEach(function (f) {\n"
"      var outer = f.depth < to.depth && f.from <= to.from && f.to >= to.to;\n"
"      var inner = f.depth >= to.depth && f.from >= to.from && f.to <= to.to;\n"
"      var x = outer ? 0 : (f.from - to.from) * scale;\n"
"      var w = outer ? width : (f.to - f.from) * scale;\n"
"      f.g.style.display = outer || inner ? '' : 'none';\n"
"      f.g.classList.toggle('dim', outer);\n"
"      f.rect.setAttribute('x', x);\n"
"      f.rect.setAttribute('width', w);\n"
"      f.text.setAttribute('x', x + 3);\n"
"      label(f, w);\n"
"    });\n"
"    back.style.visibility = to === all ? 'hidden' : 'visible';\n"
"    search();\n"
"  }\n"
"  /* Of frames that match within each other, the outermost counts. */\n"
"  function search() {\n"
"    var word = input.value.toLowerCase(), sum = 0, end = -1;\n"
"    var hits = frames.filter(function (f) {\n"
"      var hit = word !== '' && f.name.toLowerCase().indexOf(word) >= 0;\n"
"      f.g.classList.toggle('hit', hit);\n"
"      return hit && f.from >= zoomed.from && f.to <= zoomed.to;\n"
"    });\n"
"    hits.sort(function (a, b) { return a.from - b.from || b.to - a.to; });\n"
"    hits.forEach(function (f) {\n"
"      if (f.from >= end) { sum += f.to - f.from; end = f.to; }\n"
"    });\n"
"    found.textContent = word === '' ? '' :\n"
"      'found: ' + (100 * sum / (zoomed.to - zoomed.from)).toFixed(1) + ' %';\n"
"  }\n"
"  frames.forEach(function (f) {\n"
"    f.g.addEventListener('click', function () { zoom(f); });\n"
"    f.g.addEventListener('mouseover', function () {\n"
"      note.textContent = f.g.querySelector('title').textContent;\n"
"    });\n"
"  });\n"
"  back.addEventListener('click', function () { zoom(all); });\n"
"  input.addEventListener('input', search);\n"
"  document.addEventListener('keydown', function (e) {\n"
"    if (e.key === 'Escape') { input.value = ''; zoom(all); }\n"
"    if ((e.ctrlKey || e.metaKey) && e.key === 'f') {\n"
"      input.focus();\n"
"      e.preventDefault();\n"
"    }\n"
"  });\n"
"}());\n"
"]]></script>\n";

struct flame {
	const struct page_owner_export *ex;
	double pages;			/* of the whole */
	unsigned int height;
};

static double pixels(const struct flame *f, unsigned long long pages)
{
	return f->pages ? WIDTH * (pages / f->pages) : 0;
}

static unsigned int depth_of(const struct flame *f, const struct page_owner_node *node)
{
	unsigned int max = 0;

	for (node = node->child; node; node = node->next) {
		unsigned int depth;

		if (pixels(f, node->pages) < MIN_PIXELS)
			continue;
		depth = depth_of(f, node) + 1;
		if (depth > max)
			max = depth;
	}
	return max;
}

/* Warm for the kernel, cool for modules; the shade depends on the name only. */
static void put_colour(const struct flame *f, struct page_owner_span name)
{
	unsigned int hash = page_owner_hash(name.ptr, name.len) >> 32;
	unsigned int hue = name.len && name.ptr[name.len - 1] == ']' ? 190 : 18;

	fprintf(f->ex->file, "hsl(%u,%u%%,%u%%)", hue + hash % 36,
		70 + hash / 64 % 20, 58 + hash / 4096 % 14);
}

static void put_frame(const struct flame *f, const struct page_owner_node *node,
		      unsigned long long from, unsigned int depth)
{
	struct page_owner_span name = { "all", 3 }, shown;
	double x = pixels(f, from), width = pixels(f, node->pages);
	unsigned int y = f->height - BOTTOM - (depth + 1) * ROW;
	size_t letters = width > 6 ? (width - 6) / LETTER : 0;
	FILE *file = f->ex->file;
	char buf[PAGE_OWNER_NUMBER];

	if (node->label)
		name = (struct page_owner_span){ node->label->text, node->label->len };
	fprintf(file, "<g class=\"f\" data-from=\"%llu\" data-to=\"%llu\" ", from,
		from + node->pages);
	fprintf(file, "data-depth=\"%u\" data-name=\"", depth);
	page_owner_put_xml(file, name);
	fputs("\"><title>", file);
	page_owner_put_xml(file, name);
	fprintf(file, ": %s, %.2f %%, %llu times</title>",
		page_owner_human_bytes(buf, (double)node->pages *
				       f->ex->load->info.page_size),
		f->pages ? 100 * node->pages / f->pages : 0, node->times);
	fprintf(file, "<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%u\" fill=\"",
		x, y, width, ROW - 1);
	put_colour(f, name);
	fprintf(file, "\"/><text x=\"%.2f\" y=\"%u\">", x + 3, y + ROW - 5);
	shown = name;
	if (letters < 3)
		shown.len = 0;
	else if (shown.len > letters)
		shown.len = letters - 2;
	page_owner_put_xml(file, shown);
	fprintf(file, "%s</text></g>\n", shown.len && shown.len < name.len ? ".." : "");
}

static void put_frames(const struct flame *f, const struct page_owner_node *node,
		       unsigned long long from, unsigned int depth)
{
	put_frame(f, node, from, depth);
	for (node = node->child; node; from += node->pages, node = node->next) {
		if (pixels(f, node->pages) >= MIN_PIXELS)
			put_frames(f, node, from, depth + 1);
	}
}

static void put_frame_of_picture(const struct flame *f)
{
	const struct page_owner_info *info = &f->ex->load->info;
	FILE *file = f->ex->file;
	char buf[PAGE_OWNER_NUMBER];

	fprintf(file, "<rect width=\"%u\" height=\"%u\" fill=\"#fdfdf7\"/>\n",
		WIDTH, f->height);
	fprintf(file, "<text class=\"h\" x=\"8\" y=\"24\">Memory by owner: %s</text>\n"
		"<text x=\"8\" y=\"44\">",
		page_owner_human_bytes(buf, f->pages * info->page_size));
	if (info->kernel)
		page_owner_put_xml(file, (struct page_owner_span){
			info->kernel, strcspn(info->kernel, "(") });
	fputs("click: zoom, Escape: whole, Ctrl-F: search</text>\n"
	      "<text id=\"back\" x=\"8\" y=\"60\">back to the whole</text>\n", file);
	fprintf(file, "<text id=\"found\" x=\"%u\" y=\"44\"/>\n", WIDTH - 230);
	fprintf(file, "<foreignObject x=\"%u\" y=\"6\" width=\"230\" height=\"30\">\n",
		WIDTH - 234);
	fputs("<input xmlns=\"http://www.w3.org/1999/xhtml\" id=\"search\"\n"
	      "type=\"search\" placeholder=\"search a function\"/></foreignObject>\n",
	      file);
	fprintf(file, "<text id=\"note\" x=\"8\" y=\"%u\"> </text>\n", f->height - 12);
}

int page_owner_write_flamegraph(const struct page_owner_export *ex)
{
	struct page_owner_tree tree;
	struct flame f = { .ex = ex };

	if (page_owner_tree_build(&tree, &ex->load->agg, false, ex->whole)) {
		page_owner_tree_destroy(&tree);
		return -1;
	}
	f.pages = tree.root.pages;
	f.height = TOP + BOTTOM + (depth_of(&f, &tree.root) + 1) * ROW;
	fprintf(ex->file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" data-width=\"%u\" data-letter=\"%.1f\">\n",
		WIDTH, f.height, WIDTH, f.height, WIDTH, LETTER);
	fputs(style, ex->file);
	put_frame_of_picture(&f);
	put_frames(&f, &tree.root, 0, 0);
	fputs(script, ex->file);
	fputs("</svg>\n", ex->file);
	page_owner_tree_destroy(&tree);
	return 0;
}
