"use strict";
(() => {
  const get = id => document.getElementById(id);
  const data = JSON.parse(get("data").textContent);
  const color = name => `var(--${name})`;  // follows the colour scheme, and paper

  // Libraries are kept compressed in the page and started when a picture or a chart comes near the screen.
  const nonce = document.currentScript.nonce, started = {};
  const start = name => started[name] ??= (async () => {
    const packed = Uint8Array.from(atob(get(name).textContent.trim()), letter => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.nonce = nonce;
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  })();
  const whenNear = (element, work) => {
    const watcher = new IntersectionObserver(entries => {
      if (entries.some(entry => entry.isIntersecting)) { watcher.disconnect(); work(); }
    }, { rootMargin: "600px" });
    watcher.observe(element);
  };
  const tell = (element, error) => {
    element.textContent = `This picture cannot be drawn here (${error.message}); the table holds the same.`;
  };

  // Charts
  const theme = {
    background: null, font: "system-ui, sans-serif", view: { stroke: color("line") },
    axis: { labelColor: color("text"), titleColor: color("weak"), gridColor: color("line"), domainColor: color("line"), tickColor: color("line") },
    legend: { labelColor: color("text"), titleColor: color("weak"), orient: "bottom", columns: 3, labelLimit: 220 }, point: { filled: true }, mark: { color: color("accent") },
    range: { category: { scheme: "tableau20" } },
  };
  const chart = (id, spec) => {
    const place = get(id);
    if (!place) return;
    const draw = async () => {
      try {
        await start("vega"); await start("vega-lite"); await start("vega-embed");
        await vegaEmbed(place, { ...spec(), config: theme, width: "container", autosize: { type: "fit", contains: "padding" } },
          { actions: false, renderer: "svg", ast: true });
      } catch (error) { tell(place, error); }
    };
    whenNear(place, draw);
  };
  chart("hotspot-chart", () => ({
    data: { values: data.hotspots }, height: 320, mark: { type: "circle", opacity: .75 },
    encoding: {
      x: { field: "commits", type: "quantitative", title: "Commits in the year before", scale: { type: "symlog" }, axis: { tickCount: 8, labelOverlap: true, format: "d" } },
      y: { field: "minutes", type: "quantitative", title: "Principal (minutes)", scale: { type: "symlog" }, axis: { labelOverlap: true } },
      size: { field: "lines", type: "quantitative", title: "Lines of code", scale: { range: [40, 700] }, legend: null },
      tooltip: [{ field: "path", title: "File" }, { field: "commits", title: "Commits" }, { field: "minutes", title: "Minutes" }, { field: "lines", title: "Lines" }],
    },
  }));
  chart("trend-chart", () => ({
    data: { values: data.trend }, height: 300, mark: { type: "area", line: false, opacity: .85 },
    encoding: {
      x: { field: "time", type: "temporal", title: null, axis: { tickCount: 6, labelOverlap: true } },
      y: { field: "minutes", type: "quantitative", stack: "zero", title: "Principal (minutes)" },
      color: { field: "debt", type: "nominal", title: "Kind of debt" },
      tooltip: [{ field: "time", type: "temporal", title: "Date" }, { field: "debt", title: "Kind" }, { field: "minutes", title: "Minutes" }],
    },
  }));

  // The pipeline
  const picture = get("picture");
  const drawPicture = async () => {
    let svg;
    try {
      await start("viz");
      svg = (await Viz.instance()).renderSVGElement(data.dot);
    } catch (error) { tell(picture, error); return; }
    svg.removeAttribute("width"); svg.removeAttribute("height");
    picture.append(svg);
    get("picture-tools").hidden = false;
    const view = svg.viewBox.baseVal, whole = [view.x, view.y, view.width, view.height];
    let box = [...whole];
    const show = () => svg.setAttribute("viewBox", box.join(" "));
    const zoom = (factor, x = .5, y = .5) => {
      box = [box[0] + box[2] * (1 - factor) * x, box[1] + box[3] * (1 - factor) * y, box[2] * factor, box[3] * factor];
      show();
    };
    picture.addEventListener("wheel", event => {
      if (!event.ctrlKey && !picture.contains(document.activeElement)) return;  // scrolling the page stays possible
      event.preventDefault();
      const area = picture.getBoundingClientRect();
      zoom(Math.exp(event.deltaY / 500), (event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height);
    }, { passive: false });
    let from = null;
    picture.addEventListener("pointerdown", event => { from = [event.clientX, event.clientY, ...box]; });
    addEventListener("pointerup", () => { from = null; });
    addEventListener("pointermove", event => {
      if (!from) return;
      const area = picture.getBoundingClientRect(), scale = Math.max(box[2] / area.width, box[3] / area.height);
      box = [from[2] - (event.clientX - from[0]) * scale, from[3] - (event.clientY - from[1]) * scale, box[2], box[3]];
      show();
    });
    const title = element => element.querySelector("title").textContent;
    const nodes = [...svg.querySelectorAll(".node")], edges = [...svg.querySelectorAll(".edge")];
    const ends = edges.map(edge => title(edge).split("->"));
    const follow = ids => {
      const kept = new Set(ids);
      for (const [near, far] of [[0, 1], [1, 0]]) {
        const waiting = [...ids], seen = new Set(ids);
        while (waiting.length) {
          const id = waiting.pop();
          for (const end of ends) if (end[near] === id && !seen.has(end[far])) { seen.add(end[far]); waiting.push(end[far]); }
        }
        for (const id of seen) kept.add(id);
      }
      nodes.forEach(node => node.classList.toggle("faded", !kept.has(title(node))));
      edges.forEach((edge, index) => edge.classList.toggle("faded", !ends[index].every(id => kept.has(id))));
    };
    const everything = () => {
      [...nodes, ...edges].forEach(element => element.classList.remove("faded"));
      box = [...whole]; show();
    };
    nodes.forEach(node => {
      node.setAttribute("tabindex", "0"); node.setAttribute("role", "button");
      node.setAttribute("aria-label", node.querySelector("text")?.textContent ?? "node");
      node.addEventListener("click", () => follow([title(node)]));
      node.addEventListener("keydown", event => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); follow([title(node)]); }
      });
    });
    get("picture-whole").addEventListener("click", everything);
    get("picture-in").addEventListener("click", () => zoom(.7));
    get("picture-out").addEventListener("click", () => zoom(1.4));
    get("picture-find").addEventListener("input", event => {
      const word = event.target.value.toLowerCase();
      const ids = nodes.filter(node => node.textContent.toLowerCase().includes(word)).map(title);
      if (word && ids.length) follow(ids); else everything();
    });
    picture.dataset.ready = "yes";
  };
  if (picture) { picture.hidden = false; whenNear(picture, drawPicture); }

  // Links of many findings are made when somebody looks at them
  const linkUp = group => {
    for (const span of group.querySelectorAll(":scope > ol > li > span:first-child")) {
      const [, path, cell, line] = /^([^\\]+?):(?:(cell \d+):)?(\d+)(?::\d+)?$/.exec(span.textContent) ?? [];
      if (!path) continue;
      const link = document.createElement("a");
      link.href = data.base + path.split("/").map(encodeURIComponent).join("/") + (cell ? "" : `#L${line}`);
      link.rel = "noreferrer";
      link.textContent = span.textContent;
      span.replaceWith(link);
    }
  };
  if (data.base) for (const group of document.querySelectorAll(".rule")) group.addEventListener("toggle", () => linkUp(group), { once: true });

  // All findings
  const tools = get("tools");
  if (tools) {
    tools.hidden = false;
    const groups = [...document.querySelectorAll(".rule")].map(group => ({
      group, debt: group.dataset.debt, name: group.querySelector("summary").textContent.toLowerCase(),
      items: [...group.querySelectorAll(":scope > ol > li")], texts: null,
    }));
    const [search, debt, severity, confidence] = ["search", "debt", "severity", "confidence"].map(get);
    const filter = () => {
      const word = search.value.trim().toLowerCase(), active = word || severity.value || confidence.value;
      let count = 0;
      for (const entry of groups) {
        let shown = 0;
        const whole = word && entry.name.includes(word), right = !debt.value || entry.debt === debt.value;
        if (word && !whole) entry.texts ??= entry.items.map(item => item.textContent.toLowerCase());
        entry.items.forEach((item, index) => {
          const [is, sure] = item.dataset.k;
          const fits = right && (!severity.value || is === severity.value) && (!confidence.value || sure === confidence.value)
            && (!word || whole || entry.texts[index].includes(word));
          item.hidden = !fits;
          shown += fits;
        });
        entry.group.hidden = !shown;
        if (active && shown && shown <= 30) entry.group.open = true;
        count += shown;
      }
      get("count").textContent = `${count} shown`;
    };
    let waiting;
    search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 150); });
    for (const choice of [debt, severity, confidence]) choice.addEventListener("change", filter);
    filter();
  }
})();
