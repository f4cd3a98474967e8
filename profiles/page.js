// The page works without this: it only chooses the first language and device, and copies.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("script");
  function speak() {
    root.lang = document.getElementById("ja").checked ? "ja" : "en";
  }
  if (/^ja/i.test(navigator.language || "")) document.getElementById("ja").checked = true;
  ["en", "ja"].forEach(function (id) {
    document.getElementById(id).addEventListener("change", speak);
  });
  speak();

  // The first that matches: every iPhone also says Mac, every Android also says Linux. An
  // iPad says it is a Mac, but no Mac has a touch screen. Android's version is no help:
  // since 2023 Chrome says 10 on all of them.
  var agent = navigator.userAgent;
  var here =
    /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1) ? "iphone" :
    /Android/.test(agent) ? "android" :
    /CrOS/.test(agent) ? "chromeos" :
    /Windows/.test(agent) ? "windows" :
    /Macintosh/.test(agent) ? "mac" :
    /Linux/.test(agent) ? "linux" : "";
  var device = here && document.getElementById(here);
  if (device) {
    device.open = true;
    var choose = document.getElementById("choose");
    choose.parentNode.insertBefore(device, choose);
    // Below it now, the others.
    root.classList.add("known");
  }
  // On a computer's screen for the phone beside it; what is secret stays behind its tap.
  if (/^(mac|windows|linux|chromeos)$/.test(here)) {
    ["server", "user"].forEach(function (key) {
      document.querySelector("#value-" + key + " .secret").open = true;
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest(".copy") : null;
    if (!button) return;
    var text = document.getElementById(button.getAttribute("data-copy")).textContent;
    function done() {
      button.classList.add("done");
      button.textContent = "✓";
    }
    function byHand() {
      var area = document.createElement("textarea");
      area.value = text;
      document.body.appendChild(area);
      area.select();
      if (document.execCommand("copy")) done();
      area.remove();
    }
    if (navigator.clipboard && navigator.clipboard.writeText) {
      navigator.clipboard.writeText(text).then(done, byHand);
    } else {
      byHand();
    }
  });
})();
