/// Figures as they were when they had been looked at.
enum ChartGolden {
    static let bars = """
        <figure class="chart" id="g">\
        <figcaption>\
        <p class="chart-title" id="g-title">每月件數</p>\
        <p>四月沒有回覆。</p>\
        <p class="chart-note">單位：件 · 資料截至 2026-04-30</p>\
        </figcaption>\
        <svg class="chart-wide" role="img" aria-labelledby="g-wide-title g-wide-desc" viewBox="0 0 720 275.8" width="720" height="275.8" font-size="12">\
        <title id="g-wide-title">每月件數</title>\
        <desc id="g-wide-desc">四月沒有回覆。長條圖，2 個項目、1 個數列。缺漏的數值以記號標示，不畫成零。相同數字列於下表。</desc>\
        <defs>\
        <pattern id="g-wide-hatch" class="chart-hatch" patternUnits="userSpaceOnUse" width="5" height="5">\
        <path d="M-1 6L6 -1M-1 1L1 -1M4 6L6 4" fill="none" stroke="currentColor" stroke-width="0.9"/>\
        </pattern>\
        </defs>\
        <path class="chart-grid" d="M20.4 174L200.4 174" fill="none"/>\
        <path class="chart-grid" d="M20.4 124L200.4 124" fill="none"/>\
        <path class="chart-grid" d="M20.4 74L200.4 74" fill="none"/>\
        <path class="chart-grid" d="M20.4 24L200.4 24" fill="none"/>\
        <path class="chart-axis" d="M20.4 224L200.4 224" fill="none"/>\
        <text class="chart-dim" x="14.4" y="227.3" font-size="10" text-anchor="end">0</text>\
        <text class="chart-dim" x="14.4" y="177.3" font-size="10" text-anchor="end">1</text>\
        <text class="chart-dim" x="14.4" y="127.3" font-size="10" text-anchor="end">2</text>\
        <text class="chart-dim" x="14.4" y="77.3" font-size="10" text-anchor="end">3</text>\
        <text class="chart-dim" x="14.4" y="27.3" font-size="10" text-anchor="end">4</text>\
        <text x="65.4" y="240.2" text-anchor="middle">3月</text>\
        <text x="155.4" y="240.2" text-anchor="middle">4月</text>\
        <rect class="c1" x="45.4" y="24" width="40" height="200" fill="currentColor" stroke="currentColor">\
        <title>3月：4</title>\
        </rect>\
        <text class="chart-rimmed" x="65.4" y="18.6" font-size="11" text-anchor="middle">4</text>\
        <text class="chart-dim" x="155.4" y="219" text-anchor="middle">?</text>\
        <rect class="chart-hatch" x="9" y="254.6" width="24" height="12" fill="url(#g-wide-hatch)" stroke="currentColor" stroke-dasharray="2 2"/>\
        <rect class="chart-plate" x="17.2" y="254.1" width="7.6" height="13"/>\
        <text x="21" y="263.9" font-size="10" text-anchor="middle">?</text>\
        <text x="38" y="264.6">無回覆</text>\
        </svg>\
        <details class="chart-table" open="">\
        <summary>數據表</summary>\
        <div class="scroll" tabindex="0" role="region" aria-labelledby="g-title">\
        <table aria-labelledby="g-title">\
        <thead>\
        <tr>\
        <th scope="col">項目</th>\
        <th scope="col" class="number short">件數</th>\
        </tr>\
        </thead>\
        <tbody>\
        <tr>\
        <th scope="row" class="short">3月</th>\
        <td class="number">4</td>\
        </tr>\
        <tr>\
        <th scope="row" class="short">4月</th>\
        <td class="number chart-gap">? 無回覆</td>\
        </tr>\
        </tbody>\
        </table>\
        </div>\
        </details>\
        <p class="chart-note">資料來源：申報資料</p>\
        <p class="chart-note">備註</p>\
        </figure>
        """

    static let lines = """
        <svg class="chart-wide" role="img" aria-labelledby="l-wide-title l-wide-desc" viewBox="0 0 720 298.6" width="720" height="298.6" font-size="12">\
        <title id="l-wide-title">t</title>\
        <desc id="l-wide-desc">A line chart of 3 categories and 1 series. Missing values are marked by signs and not drawn as zero. The same numbers are in the table beneath.</desc>\
        <defs>\
        <pattern id="l-wide-hatch" class="chart-hatch" patternUnits="userSpaceOnUse" width="5" height="5">\
        <path d="M-1 6L6 -1M-1 1L1 -1M4 6L6 4" fill="none" stroke="currentColor" stroke-width="0.9"/>\
        </pattern>\
        </defs>\
        <path class="chart-grid" d="M45.9 184L644.4 184" fill="none"/>\
        <path class="chart-grid" d="M45.9 142L644.4 142" fill="none"/>\
        <path class="chart-grid" d="M45.9 100L644.4 100" fill="none"/>\
        <path class="chart-grid" d="M45.9 58L644.4 58" fill="none"/>\
        <path class="chart-grid" d="M45.9 16L644.4 16" fill="none"/>\
        <path class="chart-axis" d="M45.9 226L644.4 226" fill="none"/>\
        <text class="chart-dim" x="39.9" y="229.3" font-size="10" text-anchor="end">0 %</text>\
        <text class="chart-dim" x="39.9" y="187.3" font-size="10" text-anchor="end">20 %</text>\
        <text class="chart-dim" x="39.9" y="145.3" font-size="10" text-anchor="end">40 %</text>\
        <text class="chart-dim" x="39.9" y="103.3" font-size="10" text-anchor="end">60 %</text>\
        <text class="chart-dim" x="39.9" y="61.3" font-size="10" text-anchor="end">80 %</text>\
        <text class="chart-dim" x="39.9" y="19.3" font-size="10" text-anchor="end">100 %</text>\
        <path class="c1 chart-point" d="M32.9 240a4 4 0 1 1 8 0a4 4 0 1 1 -8 0Z" fill="currentColor"/>\
        <rect class="chart-hatch" x="245.9" y="234" width="198.5" height="12" fill="url(#l-wide-hatch)" stroke="currentColor" stroke-dasharray="2 2">\
        <title>Q2: * suppressed</title>\
        </rect>\
        <rect class="chart-plate" x="341.6" y="233.5" width="7" height="13"/>\
        <text x="345.1" y="243.3" font-size="10" text-anchor="middle">*</text>\
        <text class="chart-dim" x="544.6" y="263.2" font-size="11" text-anchor="middle">Q3</text>\
        <text class="chart-dim" x="345.1" y="263.2" font-size="11" text-anchor="middle">Q2</text>\
        <text class="chart-dim" x="145.6" y="263.2" font-size="11" text-anchor="middle">Q1</text>\
        <path class="c1 chart-point" d="M141.6 121a4 4 0 1 1 8 0a4 4 0 1 1 -8 0Z" fill="currentColor">\
        <title>Q1: 1/2 = 50.00 %</title>\
        </path>\
        <path class="c1 chart-point" d="M540.6 68.5a4 4 0 1 1 8 0a4 4 0 1 1 -8 0Z" fill="currentColor">\
        <title>Q3: 3/4 = 75.00 %</title>\
        </path>\
        <path class="c1 chart-point" d="M650.4 68.5a4 4 0 1 1 8 0a4 4 0 1 1 -8 0Z" fill="currentColor"/>\
        <text x="662.4" y="72.1" font-size="11">75.00 %</text>\
        <rect class="chart-hatch" x="9" y="277.4" width="24" height="12" fill="url(#l-wide-hatch)" stroke="currentColor" stroke-dasharray="2 2"/>\
        <rect class="chart-plate" x="17.5" y="276.9" width="7" height="13"/>\
        <text x="21" y="286.7" font-size="10" text-anchor="middle">*</text>\
        <text x="38" y="287.4">suppressed</text>\
        </svg>
        """

    static let ring = """
        <svg class="chart-wide" role="img" aria-labelledby="d-wide-title d-wide-desc" viewBox="0 0 720 232" width="720" height="232" font-size="12">\
        <title id="d-wide-title">t</title>\
        <desc id="d-wide-desc">A donut chart of 2 categories and 1 series. The same numbers are in the table beneath.</desc>\
        <defs>\
        <pattern id="d-wide-c2-rising" class="c2" patternUnits="userSpaceOnUse" width="8" height="8">\
        <rect width="8" height="8" fill="currentColor"/>\
        <path class="chart-weave" d="M-2 2L2 -2M-2 10L10 -2M6 10L10 6" fill="none" stroke-width="1.4"/>\
        </pattern>\
        </defs>\
        <circle class="chart-axis" cx="360" cy="116" r="96" fill="none"/>\
        <circle class="chart-axis" cx="360" cy="116" r="55.7" fill="none"/>\
        <path class="c1" d="M360 20A96 96 0 0 1 456 116L415.7 116A55.7 55.7 0 0 0 360 60.3Z" fill="currentColor" stroke="currentColor">\
        <title>a: 1/4 = 25.00 %</title>\
        </path>\
        <path class="c2" d="M456 116A96 96 0 1 1 360 20L360 60.3A55.7 55.7 0 1 0 415.7 116Z" fill="url(#d-wide-c2-rising)" stroke="currentColor">\
        <title>b: 3/4 = 75.00 %</title>\
        </path>\
        <text x="360" y="117.9" font-size="24" text-anchor="middle">4</text>\
        <text class="chart-dim" x="360" y="134.7" font-size="10" text-anchor="middle">total</text>\
        <path class="chart-leader" d="M428.6 47.4L435 41L478 39.6" fill="none"/>\
        <text x="483" y="43.6">a 25.00 %</text>\
        <path class="chart-leader" d="M291.4 184.6L285 191L242 192.4" fill="none"/>\
        <text x="237" y="196.3" text-anchor="end">b 75.00 %</text>\
        </svg>
        """
}
