"""The graph's page in a browser: it draws, moves, zooms, follows and finds, alone and without an error."""

from __future__ import annotations

import json
from pathlib import Path

from browser import chromium, needs_browser

from mldebt.project.graph import DataGraph, Edge, Node
from mldebt.report.graph_html import render_html

SCRIPT = """
<script>
addEventListener("securitypolicyviolation", event => { window.refused = event.blockedURI; });
addEventListener("load", async () => {
  const wait = time => new Promise(done => setTimeout(done, time));
  const until = async test => { for (let n = 0; n < 900 && !test(); n++) await wait(100); return test(); };
  const all = what => [...document.querySelectorAll(what)], canvas = document.getElementById("canvas"), seen = {};
  seen.nodes = await until(() => all("#canvas .node").length);
  seen.edges = all("#canvas .edge").length;
  const svg = canvas.querySelector("svg"), box = () => svg.getAttribute("viewBox").split(" ").map(Number);
  const visible = all("#canvas .node").filter(node => node.getBoundingClientRect().width > 0).length;
  seen.visible = visible;
  const point = (type, x, y) => new PointerEvent(type, { clientX: x, clientY: y, bubbles: true });
  const start = box();
  canvas.dispatchEvent(point("pointerdown", 300, 300));
  dispatchEvent(point("pointermove", 360, 340));
  dispatchEvent(point("pointerup", 360, 340));
  const moved = box();
  seen.moved = moved[0] < start[0] && moved[1] < start[1] && moved[2] === start[2];
  dispatchEvent(point("pointermove", 500, 500));
  seen.released = box().join() === moved.join();
  canvas.dispatchEvent(new WheelEvent("wheel", { clientX: 300, clientY: 300, deltaY: -500, cancelable: true }));
  seen.zoomed = box()[2] < moved[2];
  document.getElementById("whole").click();
  seen.whole = box().join() === start.join();
  const one = all("#canvas .node").find(node => node.textContent.includes("table_151.csv"));
  one.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  seen.faded = all("#canvas .node.faded").length;
  document.getElementById("whole").click();
  const find = document.getElementById("find");
  find.value = "table_7.csv";
  find.dispatchEvent(new Event("input"));
  seen.found = all("#canvas .node:not(.faded)").length;
  seen.rows = all("tbody tr").length;
  seen.requests = performance.getEntriesByType("resource").map(entry => entry.name);
  seen.refused = window.refused || "";
  document.title = "RESULT" + JSON.stringify(seen);
});
</script></body>
"""


def big_graph() -> DataGraph:
    """100 scripts that hand on 200 tables: 300 nodes."""
    nodes, edges = [], []
    for number in range(100):
        script = f"script:steps/step_{number}.py"
        nodes.append(Node(id=script, kind="script", name=f"steps/step_{number}.py"))
        for part in (2 * number, 2 * number + 1):
            table = f"dataset:data/table_{part}.csv"
            nodes.append(Node(id=table, kind="dataset", name=f"data/table_{part}.csv"))
            edges.append(edge(script, table, "writes", declared=part % 3 == 0))
        edges += [
            edge(f"dataset:data/table_{2 * before}.csv", script, "reads", declared=before % 2 == 0)
            for before in (number - 1, number - 7)
            if before >= 0
        ]
    return DataGraph(nodes=tuple(nodes), edges=tuple(edges), unresolved=())


def edge(source: str, target: str, kind: str, *, declared: bool) -> Edge:
    return Edge(
        source=source,
        target=target,
        kind=kind,
        path="a.py",
        line=1,
        cell=None,
        confidence="high",
        declared=declared,
    )


@needs_browser
def test_a_graph_of_300_nodes_works_in_a_browser(tmp_path: Path) -> None:
    graph = big_graph()
    page = tmp_path / "graph.html"
    page.write_text(render_html(graph, "many").replace("</body>\n", SCRIPT, 1))
    with chromium(tmp_path / "profile") as browser:
        browser.open(page)
        title = browser.until("return document.title.startsWith('RESULT') && document.title")
        assert browser.console() == []
        assert browser.requests() == [page.as_uri()]
    seen = json.loads(title.removeprefix("RESULT"))
    assert seen["nodes"] == seen["visible"] == len(graph.nodes) == 300
    assert seen["edges"] == seen["rows"] == len(graph.edges)
    assert seen["moved"], "dragging moves the picture"
    assert seen["released"], "it stays when the pointer is let go"
    assert seen["zoomed"]
    assert seen["whole"]
    assert 0 < seen["faded"] < 300
    assert 0 < seen["found"] < 300
    assert seen["requests"] == []
    assert seen["refused"] == ""
