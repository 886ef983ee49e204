<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About segstudio</source>
        <translation>关于 segstudio</translation>
    </message>
    <message>
        <source>Label images with scribbles and boxes, train networks while you label, export the data set.</source>
        <translation>用涂鸦和方框标注图像，边标注边训练网络，导出数据集。</translation>
    </message>
    <message>
        <source>Free software under the Apache License 2.0. It sends nothing anywhere.</source>
        <translation>基于 Apache 许可证 2.0 的自由软件。不会向任何地方发送数据。</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>Acts</name>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Tools</source>
        <translation>工具(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Image</source>
        <translation>图像(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Label</source>
        <translation>标注(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>模型(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;New project…</source>
        <translation>新建项目(&amp;N)…</translation>
    </message>
    <message>
        <source>&amp;Open project…</source>
        <translation>打开项目(&amp;O)…</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>&amp;Add images…</source>
        <translation>添加图像(&amp;A)…</translation>
    </message>
    <message>
        <source>&amp;Find moved images…</source>
        <translation>查找移动过的图像(&amp;F)…</translation>
    </message>
    <message>
        <source>&amp;Save now</source>
        <translation>立即保存(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Import data set…</source>
        <translation>导入数据集(&amp;I)…</translation>
    </message>
    <message>
        <source>&amp;Take the last import back</source>
        <translation>撤回上次导入(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Export data set…</source>
        <translation>导出数据集(&amp;E)…</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>&amp;Close project</source>
        <translation>关闭项目(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Preferences…</source>
        <translation>首选项(&amp;P)…</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>重做(&amp;R)</translation>
    </message>
    <message>
        <source>Cop&amp;y shapes or instance</source>
        <translation>复制形状或实例(&amp;Y)</translation>
    </message>
    <message>
        <source>&amp;Paste</source>
        <translation>粘贴(&amp;P)</translation>
    </message>
    <message>
        <source>Dupl&amp;icate</source>
        <translation>制作副本(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Delete selected</source>
        <translation>删除所选(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Clear labels of this image</source>
        <translation>清除此图像的标注(&amp;C)</translation>
    </message>
    <message>
        <source>C&amp;hoose a class by name…</source>
        <translation>按名称选择类别(&amp;H)…</translation>
    </message>
    <message>
        <source>L&amp;ock the class, or unlock it</source>
        <translation>锁定或解锁当前类别(&amp;O)</translation>
    </message>
    <message>
        <source>Paint only where &amp;nothing is (lock all classes)</source>
        <translation>只绘制未标注处（锁定全部类别）(&amp;N)</translation>
    </message>
    <message>
        <source>Select the ne&amp;xt object</source>
        <translation>选择下一个对象(&amp;X)</translation>
    </message>
    <message>
        <source>Select the pre&amp;vious object</source>
        <translation>选择上一个对象(&amp;V)</translation>
    </message>
    <message>
        <source>Select &amp;all shapes</source>
        <translation>全选形状(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Keep the selection and add the next shape</source>
        <translation>保留所选并加选下一个形状(&amp;K)</translation>
    </message>
    <message>
        <source>Keep the selection and add the shape &amp;before</source>
        <translation>保留所选并加选上一个形状(&amp;B)</translation>
    </message>
    <message>
        <source>Mer&amp;ge the selected shapes</source>
        <translation>合并所选形状(&amp;G)</translation>
    </message>
    <message>
        <source>&amp;Smaller brush</source>
        <translation>缩小画笔(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Larger brush</source>
        <translation>放大画笔(&amp;L)</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>放大(&amp;I)</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>缩小(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Fit to window</source>
        <translation>适应窗口(&amp;F)</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>适应</translation>
    </message>
    <message>
        <source>&amp;Zoom to the selected object</source>
        <translation>缩放到所选对象(&amp;Z)</translation>
    </message>
    <message>
        <source>&amp;Actual pixels</source>
        <translation>实际像素(&amp;A)</translation>
    </message>
    <message>
        <source>O&amp;utlines only</source>
        <translation>仅显示轮廓(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Hide labels</source>
        <translation>隐藏标注(&amp;H)</translation>
    </message>
    <message>
        <source>Class &amp;names beside shapes</source>
        <translation>在形状旁显示类别名称(&amp;N)</translation>
    </message>
    <message>
        <source>Cro&amp;sshair</source>
        <translation>十字线(&amp;S)</translation>
    </message>
    <message>
        <source>S&amp;quare pixels</source>
        <translation>方形像素(&amp;Q)</translation>
    </message>
    <message>
        <source>Hide the &amp;class, or show it</source>
        <translation>隐藏或显示当前类别(&amp;C)</translation>
    </message>
    <message>
        <source>Show a&amp;ll classes</source>
        <translation>显示所有类别(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Review mode</source>
        <translation>审核模式(&amp;R)</translation>
    </message>
    <message>
        <source>Orthogonal &amp;planes</source>
        <translation>正交平面(&amp;P)</translation>
    </message>
    <message>
        <source>Put all panels &amp;back in their places</source>
        <translation>将所有面板放回原位(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Previous image</source>
        <translation>上一张图像(&amp;P)</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>上一张</translation>
    </message>
    <message>
        <source>&amp;Next image</source>
        <translation>下一张图像(&amp;N)</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一张</translation>
    </message>
    <message>
        <source>Next &amp;unlabelled image</source>
        <translation>下一张未标注图像(&amp;U)</translation>
    </message>
    <message>
        <source>First imag&amp;e</source>
        <translation>第一张图像(&amp;E)</translation>
    </message>
    <message>
        <source>Las&amp;t image</source>
        <translation>最后一张图像(&amp;T)</translation>
    </message>
    <message>
        <source>Go to image num&amp;ber…</source>
        <translation>转到第几张图像(&amp;B)…</translation>
    </message>
    <message>
        <source>Mark as &amp;done</source>
        <translation>标记为完成(&amp;D)</translation>
    </message>
    <message>
        <source>Done, and &amp;on to the next</source>
        <translation>完成并转到下一张(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Accept (reviewed)</source>
        <translation>通过（已审核）(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Reject (to be redone)</source>
        <translation>退回（需重做）(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Skip</source>
        <translation>跳过(&amp;S)</translation>
    </message>
    <message>
        <source>Take the labels of the previous i&amp;mage</source>
        <translation>沿用上一张图像的标注(&amp;M)</translation>
    </message>
    <message>
        <source>Remove images from the pro&amp;ject…</source>
        <translation>从项目中移除图像(&amp;J)…</translation>
    </message>
    <message>
        <source>Previous s&amp;lice</source>
        <translation>上一层切片(&amp;L)</translation>
    </message>
    <message>
        <source>Ne&amp;xt slice</source>
        <translation>下一层切片(&amp;X)</translation>
    </message>
    <message>
        <source>Make &amp;one instance of the selected shapes</source>
        <translation>将所选形状合为一个实例(&amp;O)</translation>
    </message>
    <message>
        <source>Make &amp;each selected shape an instance</source>
        <translation>将每个所选形状设为一个实例(&amp;E)</translation>
    </message>
    <message>
        <source>Every bo&amp;x that is drawn is an instance</source>
        <translation>每个新画的方框都是一个实例(&amp;X)</translation>
    </message>
    <message>
        <source>Pre&amp;dict selected images</source>
        <translation>预测所选图像(&amp;D)</translation>
    </message>
    <message>
        <source>Classes &amp;of the model…</source>
        <translation>模型的类别(&amp;O)…</translation>
    </message>
    <message>
        <source>Accept and &amp;go on</source>
        <translation>接受并继续(&amp;G)</translation>
    </message>
    <message>
        <source>&amp;Copy labels to the next slice</source>
        <translation>复制标注到下一层(&amp;C)</translation>
    </message>
    <message>
        <source>Cu&amp;t shapes</source>
        <translation>剪切形状(&amp;T)</translation>
    </message>
    <message>
        <source>Propa&amp;gate labels to the next slice</source>
        <translation>传播标注到下一层(&amp;G)</translation>
    </message>
    <message>
        <source>&amp;Interpolate between labelled slices</source>
        <translation>在已标注切片之间插值(&amp;I)</translation>
    </message>
    <message>
        <source>Add all slices of this &amp;file</source>
        <translation>添加此文件的所有切片(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Propagate scribbles</source>
        <translation>传播涂鸦(&amp;P)</translation>
    </message>
    <message>
        <source>Propagate</source>
        <translation>传播</translation>
    </message>
    <message>
        <source>Propagate &amp;boxes</source>
        <translation>传播方框(&amp;B)</translation>
    </message>
    <message>
        <source>Boxes</source>
        <translation>方框</translation>
    </message>
    <message>
        <source>Propagate through the &amp;volume</source>
        <translation>在整个体数据中传播(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Clean up…</source>
        <translation>清理(&amp;C)…</translation>
    </message>
    <message>
        <source>Clean up with the &amp;last settings</source>
        <translation>用上次的设置清理(&amp;L)</translation>
    </message>
    <message>
        <source>Si&amp;zes and values of the classes…</source>
        <translation>各类别的大小与灰度值(&amp;Z)…</translation>
    </message>
    <message>
        <source>&amp;New instance</source>
        <translation>新建实例(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Merge instances</source>
        <translation>合并实例(&amp;M)</translation>
    </message>
    <message>
        <source>Spl&amp;it instance</source>
        <translation>拆分实例(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Regions to instances</source>
        <translation>区域变为实例(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Delete instances</source>
        <translation>删除实例(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Train</source>
        <translation>训练(&amp;T)</translation>
    </message>
    <message>
        <source>Train &amp;with…</source>
        <translation>按设置训练(&amp;W)…</translation>
    </message>
    <message>
        <source>Pa&amp;use training</source>
        <translation>暂停训练(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Resume training</source>
        <translation>继续训练(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Stop training</source>
        <translation>停止训练(&amp;S)</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>&amp;Predict this image</source>
        <translation>预测此图像(&amp;P)</translation>
    </message>
    <message>
        <source>Predict</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Predict &amp;all unlabelled images</source>
        <translation>预测所有未标注图像(&amp;A)</translation>
    </message>
    <message>
        <source>Predict w&amp;ith…</source>
        <translation>按选项预测(&amp;I)…</translation>
    </message>
    <message>
        <source>&amp;Compare labels with the prediction</source>
        <translation>将标注与预测比较(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Load a model…</source>
        <translation>加载模型(&amp;L)…</translation>
    </message>
    <message>
        <source>Pretrained &amp;models…</source>
        <translation>预训练模型(&amp;M)…</translation>
    </message>
    <message>
        <source>T&amp;each mode</source>
        <translation>教学模式(&amp;E)</translation>
    </message>
    <message>
        <source>Teach</source>
        <translation>教学</translation>
    </message>
    <message>
        <source>Stop all &amp;background work</source>
        <translation>停止所有后台任务(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Find an act…</source>
        <translation>查找命令(&amp;F)…</translation>
    </message>
    <message>
        <source>&amp;Keyboard…</source>
        <translation>键盘快捷键(&amp;K)…</translation>
    </message>
    <message>
        <source>&amp;About segstudio</source>
        <translation>关于 segstudio(&amp;A)</translation>
    </message>
    <message>
        <source>Class {0}</source>
        <translation>类别 {0}</translation>
    </message>
    <message>
        <source>&amp;Brush</source>
        <translation>画笔(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Eraser</source>
        <translation>橡皮(&amp;E)</translation>
    </message>
    <message>
        <source>S&amp;uperpixels</source>
        <translation>超像素(&amp;U)</translation>
    </message>
    <message>
        <source>Bo&amp;x</source>
        <translation>方框(&amp;X)</translation>
    </message>
    <message>
        <source>Pol&amp;ygon</source>
        <translation>多边形(&amp;Y)</translation>
    </message>
    <message>
        <source>&amp;Lasso</source>
        <translation>套索(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Fill</source>
        <translation>填充(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Wand</source>
        <translation>魔棒(&amp;W)</translation>
    </message>
    <message>
        <source>&amp;Select</source>
        <translation>选择(&amp;S)</translation>
    </message>
    <message>
        <source>Livewi&amp;re</source>
        <translation>智能边缘(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;GrabCut</source>
        <translation>GrabCut(&amp;G)</translation>
    </message>
    <message>
        <source>P&amp;icker</source>
        <translation>取色(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Measure</source>
        <translation>测量(&amp;M)</translation>
    </message>
    <message>
        <source>Co&amp;ntrast</source>
        <translation>对比度(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Pan</source>
        <translation>平移(&amp;P)</translation>
    </message>
    <message>
        <source>Class 1</source>
        <translation>类别 1</translation>
    </message>
    <message>
        <source>Class 2</source>
        <translation>类别 2</translation>
    </message>
    <message>
        <source>Class 3</source>
        <translation>类别 3</translation>
    </message>
    <message>
        <source>Class 4</source>
        <translation>类别 4</translation>
    </message>
    <message>
        <source>Class 5</source>
        <translation>类别 5</translation>
    </message>
    <message>
        <source>Class 6</source>
        <translation>类别 6</translation>
    </message>
    <message>
        <source>Class 7</source>
        <translation>类别 7</translation>
    </message>
    <message>
        <source>Class 8</source>
        <translation>类别 8</translation>
    </message>
    <message>
        <source>Class 9</source>
        <translation>类别 9</translation>
    </message>
    <message>
        <source>Class 10</source>
        <translation>类别 10</translation>
    </message>
</context>
<context>
    <name>Asking</name>
    <message>
        <source>{0} image added</source>
        <translation>已添加 {0} 张图像</translation>
    </message>
    <message>
        <source>{0} images added</source>
        <translation>已添加 {0} 张图像</translation>
    </message>
    <message>
        <source>{0}: there is no image in it.</source>
        <translation>{0}：其中没有图像。</translation>
    </message>
    <message>
        <source>There are labels of the format {0} beside these images: File &gt; Import data set takes them in.</source>
        <translation>这些图像旁边有 {0} 格式的标注：可用“文件 &gt; 导入数据集”导入。</translation>
    </message>
    <message>
        <source>Predicting with {0}</source>
        <translation>使用 {0} 预测</translation>
    </message>
    <message>
        <source>Go to image</source>
        <translation>转到图像</translation>
    </message>
    <message>
        <source>Number in the list, 1 to {0}:</source>
        <translation>在列表中的序号（1 到 {0}）：</translation>
    </message>
</context>
<context>
    <name>Canvas</name>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>The image with its labels; draw with the tool in hand</source>
        <translation>带标注的图像；用当前工具绘制</translation>
    </message>
    <message>
        <source>Was it moved? File &gt; Find moved images looks for it in another folder.</source>
        <translation>是否被移动过？“文件 &gt; 查找移动过的图像”可在其他文件夹中查找。</translation>
    </message>
    <message>
        <source>This image cannot be shown</source>
        <translation>无法显示此图像</translation>
    </message>
    <message>
        <source>No image</source>
        <translation>没有图像</translation>
    </message>
    <message>
        <source>Add images to the project, or choose one from the list.</source>
        <translation>请向项目添加图像，或从列表中选择一张。</translation>
    </message>
    <message>
        <source>No project</source>
        <translation>没有项目</translation>
    </message>
    <message>
        <source>Open a project to label its images here.</source>
        <translation>打开项目后即可在此标注图像。</translation>
    </message>
</context>
<context>
    <name>ChannelRows</name>
    <message>
        <source>Channel {0}</source>
        <translation>通道 {0}</translation>
    </message>
    <message>
        <source>Adjust the contrast of this channel</source>
        <translation>调整此通道的对比度</translation>
    </message>
    <message>
        <source>Show {layer}</source>
        <translation>显示{layer}</translation>
    </message>
    <message>
        <source>Colour of {0}</source>
        <translation>{0}的颜色</translation>
    </message>
</context>
<context>
    <name>ClassMapDialog</name>
    <message>
        <source>Classes of the model</source>
        <translation>模型的类别</translation>
    </message>
    <message>
        <source>What the classes of {model} become in this project.</source>
        <translation>{model} 的类别在本项目中对应什么。</translation>
    </message>
    <message>
        <source>Class of the model</source>
        <translation>模型的类别</translation>
    </message>
    <message>
        <source>becomes</source>
        <translation>对应为</translation>
    </message>
    <message>
        <source>Classes of the model and what they become</source>
        <translation>模型的类别及其对应关系</translation>
    </message>
    <message>
        <source>(everything else)</source>
        <translation>（其余）</translation>
    </message>
    <message>
        <source>unlabelled</source>
        <translation>未标注</translation>
    </message>
    <message>
        <source>&amp;Everything else becomes</source>
        <translation>其余对应为(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Intensities go in</source>
        <translation>灰度输入方式(&amp;I)</translation>
    </message>
    <message>
        <source>Suggest by name</source>
        <translation>按名称建议</translation>
    </message>
    <message>
        <source>Match names again, synonyms such as person and pedestrian too</source>
        <translation>重新按名称匹配，包括同义词，例如 person 与 pedestrian</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>使用</translation>
    </message>
</context>
<context>
    <name>ClassModel</name>
    <message>
        <source>locked</source>
        <translation>已锁定</translation>
    </message>
    <message>
        <source>hidden</source>
        <translation>已隐藏</translation>
    </message>
    <message>
        <source>Class {id}, {color}. Double-click to rename, drag to reorder. The eye hides it, the lock keeps it.</source>
        <translation>类别 {id}，{color}。双击可重命名，拖动可排序。眼睛图标隐藏它，锁图标使其像素不被改动。</translation>
    </message>
</context>
<context>
    <name>ClassPalette</name>
    <message>
        <source>Choose a class</source>
        <translation>选择类别</translation>
    </message>
    <message>
        <source>Type a part of the class&apos;s name</source>
        <translation>输入类别名称的一部分</translation>
    </message>
    <message>
        <source>Classes that match</source>
        <translation>匹配的类别</translation>
    </message>
</context>
<context>
    <name>ClassesPanel</name>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Click a class to draw with it (keys 1-9 and 0)</source>
        <translation>单击类别即用它绘制（按键 1-9 和 0）</translation>
    </message>
    <message>
        <source>The classes of a project stand here. Make a new project, or open one or drop it in the window.</source>
        <translation>项目的类别显示在这里。请新建项目、打开项目，或将项目拖入窗口。</translation>
    </message>
    <message>
        <source>Add a class</source>
        <translation>添加类别</translation>
    </message>
    <message>
        <source>Remove this class</source>
        <translation>删除此类别</translation>
    </message>
    <message>
        <source>Remove this class, or merge it into another (Del)</source>
        <translation>删除此类别，或并入其他类别 (Del)</translation>
    </message>
    <message>
        <source>Move this class up</source>
        <translation>上移此类别</translation>
    </message>
    <message>
        <source>Move this class down</source>
        <translation>下移此类别</translation>
    </message>
    <message>
        <source>Colour of this class</source>
        <translation>此类别的颜色</translation>
    </message>
    <message>
        <source>Class presets and class files</source>
        <translation>类别预设与类别文件</translation>
    </message>
    <message>
        <source>class {number}</source>
        <translation>类别 {number}</translation>
    </message>
    <message>
        <source>Colour of {name}</source>
        <translation>{name} 的颜色</translation>
    </message>
    <message>
        <source>Colours for the colour-blind</source>
        <translation>色盲友好配色</translation>
    </message>
    <message>
        <source>Load from a file…</source>
        <translation>从文件载入…</translation>
    </message>
    <message>
        <source>Save to a file…</source>
        <translation>保存到文件…</translation>
    </message>
    <message>
        <source>Load classes</source>
        <translation>载入类别</translation>
    </message>
    <message>
        <source>Class lists (*.json)</source>
        <translation>类别列表 (*.json)</translation>
    </message>
    <message>
        <source>Save classes</source>
        <translation>保存类别</translation>
    </message>
</context>
<context>
    <name>CleanupDialog</name>
    <message>
        <source>Clean up</source>
        <translation>清理</translation>
    </message>
    <message>
        <source>What you drew yourself stays as it is. 0 leaves a step out.</source>
        <translation>您亲手绘制的部分保持不变。0 表示跳过该步骤。</translation>
    </message>
    <message>
        <source>&amp;Opening</source>
        <translation>开运算(&amp;O)</translation>
    </message>
    <message>
        <source>Radius: removes spikes and thin bridges</source>
        <translation>半径：去除毛刺和细桥</translation>
    </message>
    <message>
        <source>&amp;Closing</source>
        <translation>闭运算(&amp;C)</translation>
    </message>
    <message>
        <source>Radius: fills gaps and notches</source>
        <translation>半径：填补缝隙和缺口</translation>
    </message>
    <message>
        <source>&amp;Smoothing</source>
        <translation>平滑(&amp;S)</translation>
    </message>
    <message>
        <source>Radius: rounds ragged outlines</source>
        <translation>半径：使参差的轮廓圆滑</translation>
    </message>
    <message>
        <source>S&amp;pecks smaller than</source>
        <translation>去除小于此的斑点(&amp;P)</translation>
    </message>
    <message>
        <source>Pieces with fewer pixels disappear</source>
        <translation>像素更少的碎块会消失</translation>
    </message>
    <message>
        <source>&amp;Holes up to</source>
        <translation>填充不大于此的孔洞(&amp;H)</translation>
    </message>
    <message>
        <source>Holes with at most so many pixels are filled</source>
        <translation>填充像素不超过此数的孔洞</translation>
    </message>
    <message>
        <source>Follow the edges of the image by a dense CRF first. It can make a mask worse: look before you apply.</source>
        <translation>先用稠密 CRF 使边界贴合图像边缘。它可能使掩膜变差：应用前请先查看。</translation>
    </message>
    <message>
        <source>&amp;Edges</source>
        <translation>边缘(&amp;E)</translation>
    </message>
    <message>
        <source>How strongly pixels alike in place and colour hold together; 0 is off</source>
        <translation>位置和颜色相近的像素相互关联的强度；0 为关闭</translation>
    </message>
    <message>
        <source>&amp;Reach</source>
        <translation>范围(&amp;R)</translation>
    </message>
    <message>
        <source>How far apart pixels may be to hold together</source>
        <translation>相互关联的像素之间的最大距离</translation>
    </message>
    <message>
        <source>Co&amp;ntrast</source>
        <translation>对比度(&amp;N)</translation>
    </message>
    <message>
        <source>How different in colour pixels may be to hold together, of 255</source>
        <translation>像素颜色相差多少（满量程 255）仍可归为一体</translation>
    </message>
    <message>
        <source>&amp;Trust</source>
        <translation>信任度(&amp;T)</translation>
    </message>
    <message>
        <source>How far the labels are believed as they are</source>
        <translation>对现有标注的信任程度</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关</translation>
    </message>
    <message>
        <source> levels</source>
        <translation> 级</translation>
    </message>
    <message>
        <source>Show the result on the image</source>
        <translation>在图像上显示结果</translation>
    </message>
    <message>
        <source>All to 0</source>
        <translation>全部归零</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
</context>
<context>
    <name>CommandPalette</name>
    <message>
        <source>Find an act</source>
        <translation>查找命令</translation>
    </message>
    <message>
        <source>Type what you want to do</source>
        <translation>输入您想做的事</translation>
    </message>
    <message>
        <source>Acts that match</source>
        <translation>匹配的命令</translation>
    </message>
</context>
<context>
    <name>ConfusionView</name>
    <message>
        <source>Confusion matrix</source>
        <translation>混淆矩阵</translation>
    </message>
    <message>
        <source>predicted →</source>
        <translation>预测 →</translation>
    </message>
    <message>
        <source>← true</source>
        <translation>← 真实</translation>
    </message>
    <message>
        <source>{share:.1%} of {true} is predicted as {predicted}</source>
        <translation>{true} 中有 {share:.1%} 被预测为 {predicted}</translation>
    </message>
</context>
<context>
    <name>Curves</name>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Curve of the loss</source>
        <translation>损失曲线</translation>
    </message>
    <message>
        <source>IoU</source>
        <translation>IoU</translation>
    </message>
    <message>
        <source>Curves of mIoU and of the classes</source>
        <translation>mIoU 与各类别的曲线</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
</context>
<context>
    <name>Dialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>DropArea</name>
    <message>
        <source>Choose images…</source>
        <translation>选择图像…</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Images of the new project</source>
        <translation>新项目的图像</translation>
    </message>
    <message>
        <source>Take all of them out again</source>
        <translation>全部移除</translation>
    </message>
    <message>
        <source>Chosen: {count}. The files stay where they are.</source>
        <translation>已选：{count}。文件保留在原处。</translation>
    </message>
    <message>
        <source>Drop images or folders here. They can be added later too.</source>
        <translation>将图像或文件夹拖到这里。以后也可以添加。</translation>
    </message>
</context>
<context>
    <name>Edits</name>
    <message>
        <source>Add class</source>
        <translation>添加类别</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>方框</translation>
    </message>
    <message>
        <source>Clean up</source>
        <translation>清理</translation>
    </message>
    <message>
        <source>Clear labels</source>
        <translation>清除标注</translation>
    </message>
    <message>
        <source>Colour of class</source>
        <translation>类别颜色</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>剪切</translation>
    </message>
    <message>
        <source>Class of shape</source>
        <translation>更改形状的类别</translation>
    </message>
    <message>
        <source>Move shape</source>
        <translation>移动形状</translation>
    </message>
    <message>
        <source>Change shape</source>
        <translation>修改形状</translation>
    </message>
    <message>
        <source>Delete shape</source>
        <translation>删除形状</translation>
    </message>
    <message>
        <source>Fill</source>
        <translation>填充</translation>
    </message>
    <message>
        <source>Class of instance</source>
        <translation>实例的类别</translation>
    </message>
    <message>
        <source>Colours of classes</source>
        <translation>更改各类别颜色</translation>
    </message>
    <message>
        <source>Components to instances</source>
        <translation>区域变为实例</translation>
    </message>
    <message>
        <source>Copy to next slice</source>
        <translation>复制到下一层</translation>
    </message>
    <message>
        <source>Delete instance</source>
        <translation>删除实例</translation>
    </message>
    <message>
        <source>Find moved images</source>
        <translation>查找移动过的图像</translation>
    </message>
    <message>
        <source>Merge instances</source>
        <translation>合并实例</translation>
    </message>
    <message>
        <source>New instance</source>
        <translation>新建实例</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Pre-label</source>
        <translation>预标注</translation>
    </message>
    <message>
        <source>Predict</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Propagate boxes</source>
        <translation>传播方框</translation>
    </message>
    <message>
        <source>Propagate scribbles</source>
        <translation>传播涂鸦</translation>
    </message>
    <message>
        <source>Propagate to next slice</source>
        <translation>传播到下一层</translation>
    </message>
    <message>
        <source>Remove class</source>
        <translation>删除类别</translation>
    </message>
    <message>
        <source>Remove images</source>
        <translation>移除图像</translation>
    </message>
    <message>
        <source>Rename class</source>
        <translation>重命名类别</translation>
    </message>
    <message>
        <source>Reorder classes</source>
        <translation>类别排序</translation>
    </message>
    <message>
        <source>Replace classes</source>
        <translation>替换类别</translation>
    </message>
    <message>
        <source>Split instance</source>
        <translation>拆分实例</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Take from previous image</source>
        <translation>沿用上一张图像的标注</translation>
    </message>
    <message>
        <source>Take over labels</source>
        <translation>采用标注</translation>
    </message>
    <message>
        <source>Mark as to do</source>
        <translation>标记为待办</translation>
    </message>
    <message>
        <source>Mark as in progress</source>
        <translation>标记为进行中</translation>
    </message>
    <message>
        <source>Mark as done</source>
        <translation>标记为完成</translation>
    </message>
    <message>
        <source>Mark as reviewed</source>
        <translation>标记为已审核</translation>
    </message>
    <message>
        <source>Mark as skipped</source>
        <translation>标记为已跳过</translation>
    </message>
    <message>
        <source>Wand</source>
        <translation>魔棒</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>擦除</translation>
    </message>
    <message>
        <source>GrabCut</source>
        <translation>GrabCut</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <source>Livewire</source>
        <translation>智能边缘</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>Hole</source>
        <translation>孔洞</translation>
    </message>
    <message>
        <source>Superpixels</source>
        <translation>超像素</translation>
    </message>
    <message>
        <source>Merge shapes</source>
        <translation>合并形状</translation>
    </message>
    <message>
        <source>Shapes to one instance</source>
        <translation>形状合为一个实例</translation>
    </message>
    <message>
        <source>Shapes to instances</source>
        <translation>形状转为实例</translation>
    </message>
</context>
<context>
    <name>EmptyState</name>
    <message>
        <source>Start labelling</source>
        <translation>开始标注</translation>
    </message>
    <message>
        <source>Drop images, a folder or a project here, or begin with one of these.</source>
        <translation>将图像、文件夹或项目拖到这里，或从下面开始。</translation>
    </message>
    <message>
        <source>{name} has no images yet</source>
        <translation>{name} 中还没有图像</translation>
    </message>
    <message>
        <source>Drop images or a folder here, or choose them.</source>
        <translation>将图像或文件夹拖到这里，或点击选择。</translation>
    </message>
    <message>
        <source>New project…</source>
        <translation>新建项目…</translation>
    </message>
    <message>
        <source>Open project…</source>
        <translation>打开项目…</translation>
    </message>
    <message>
        <source>Add images…</source>
        <translation>添加图像…</translation>
    </message>
    <message>
        <source>Photographs, TIFF, DICOM, NIfTI or video. They are never changed.</source>
        <translation>照片、TIFF、DICOM、NIfTI 或视频。原文件绝不会被改动。</translation>
    </message>
    <message>
        <source>Add images</source>
        <translation>添加图像</translation>
    </message>
    <message>
        <source>Pick a class</source>
        <translation>选择类别</translation>
    </message>
    <message>
        <source>In the list at the right, or by its number.</source>
        <translation>在右侧列表中选择，或按数字键。</translation>
    </message>
    <message>
        <source>Scribble</source>
        <translation>涂鸦</translation>
    </message>
    <message>
        <source>A stroke or two in each object and in the background is enough.</source>
        <translation>在每个物体和背景上各画一两笔就够了。</translation>
    </message>
    <message>
        <source>Propagate</source>
        <translation>传播</translation>
    </message>
    <message>
        <source>Your strokes spread to the edges of the objects.</source>
        <translation>您的笔画会扩展到物体边缘。</translation>
    </message>
    <message>
        <source>Train, then predict</source>
        <translation>训练，然后预测</translation>
    </message>
    <message>
        <source>A network learns from what you did and labels the next image.</source>
        <translation>网络从您的标注中学习，并标注下一张图像。</translation>
    </message>
    <message>
        <source> then </source>
        <translation> 然后 </translation>
    </message>
    <message>
        <source>Recent projects</source>
        <translation>最近的项目</translation>
    </message>
    <message>
        <source>Open {name}</source>
        <translation>打开 {name}</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export data set</source>
        <translation>导出数据集</translation>
    </message>
    <message>
        <source>Labelled images to export: {count}</source>
        <translation>可导出的已标注图像：{count}</translation>
    </message>
    <message>
        <source>&amp;Format</source>
        <translation>格式(&amp;F)</translation>
    </message>
    <message>
        <source>Fol&amp;der</source>
        <translation>文件夹(&amp;D)</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>The data set&apos;s own folder; it appears whole or not at all</source>
        <translation>数据集自己的文件夹；要么完整生成，要么不生成</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Choose the folder</source>
        <translation>选择文件夹</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Nothing but boxes is there: choose a format that holds boxes, or fill them first.</source>
        <translation>目前只有框：请选择支持框的格式，或先填充这些框。</translation>
    </message>
    <message>
        <source>No image is labelled yet: there is nothing to export.</source>
        <translation>还没有已标注的图像，没有可导出的内容。</translation>
    </message>
    <message>
        <source>Say which folder the data set goes to.</source>
        <translation>请指定数据集存放的文件夹。</translation>
    </message>
    <message>
        <source>{name} lies in the project&apos;s own folder: choose a place outside it.</source>
        <translation>{name} 位于项目自身的文件夹中：请选择其外的位置。</translation>
    </message>
    <message>
        <source>{name} is a file, not a folder.</source>
        <translation>{name} 是文件，不是文件夹。</translation>
    </message>
    <message>
        <source>{name} is not empty: choose another name, or replace the export.</source>
        <translation>{name} 不是空文件夹：请换个名称，或替换之前的导出。</translation>
    </message>
</context>
<context>
    <name>Files</name>
    <message>
        <source>Images and volumes</source>
        <translation>图像与体数据</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Add images</source>
        <translation>添加图像</translation>
    </message>
    <message>
        <source>Add a folder of images</source>
        <translation>添加图像文件夹</translation>
    </message>
    <message>
        <source>Where are the images now? Folders in it are searched too</source>
        <translation>图像现在在哪里？其中的子文件夹也会搜索</translation>
    </message>
    <message>
        <source>Open a project (a folder ending in .segstudio)</source>
        <translation>打开项目（以 .segstudio 结尾的文件夹）</translation>
    </message>
    <message>
        <source>Load a model</source>
        <translation>加载模型</translation>
    </message>
    <message>
        <source>Networks</source>
        <translation>网络</translation>
    </message>
</context>
<context>
    <name>ImageActs</name>
    <message>
        <source>That was in {name}.</source>
        <translation>那一步是在 {name} 中做的。</translation>
    </message>
</context>
<context>
    <name>ImportDialog</name>
    <message>
        <source>Import data set</source>
        <translation>导入数据集</translation>
    </message>
    <message>
        <source>First everything that is wrong with the data set is listed; nothing changes before you say so.</source>
        <translation>先列出数据集中的所有问题；在您确认之前不会作任何更改。</translation>
    </message>
    <message>
        <source>&amp;Data set</source>
        <translation>数据集(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Format</source>
        <translation>格式(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Images in</source>
        <translation>图像所在文件夹(&amp;I)</translation>
    </message>
    <message>
        <source>File…</source>
        <translation>文件…</translation>
    </message>
    <message>
        <source>Choose the file of the data set</source>
        <translation>选择数据集文件</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>文件夹…</translation>
    </message>
    <message>
        <source>Choose the folder of the data set</source>
        <translation>选择数据集文件夹</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Choose the folder of the images</source>
        <translation>选择图像文件夹</translation>
    </message>
    <message>
        <source>Copy list</source>
        <translation>复制列表</translation>
    </message>
    <message>
        <source>Copy everything that is wrong, a line each</source>
        <translation>复制所有问题，每行一条</translation>
    </message>
    <message>
        <source>Data set</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>The file or folder of the data set</source>
        <translation>数据集的文件或文件夹</translation>
    </message>
    <message>
        <source>Folder of the images</source>
        <translation>图像文件夹</translation>
    </message>
    <message>
        <source>Only where they are not found by themselves</source>
        <translation>仅在无法自动找到时填写</translation>
    </message>
    <message>
        <source>found by themselves</source>
        <translation>自动查找</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>told from the files: {0}</source>
        <translation>根据文件判断：{0}</translation>
    </message>
    <message>
        <source>told from the files</source>
        <translation>根据文件判断</translation>
    </message>
    <message>
        <source>Choose {0}.</source>
        <translation>请选择{0}。</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Import the rest</source>
        <translation>导入其余部分</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>{0} images can be imported.</source>
        <translation>可以导入 {0} 张图像。</translation>
    </message>
    <message>
        <source>{0} image can be imported.</source>
        <translation>可导入 {0} 张图像。</translation>
    </message>
    <message>
        <source>New classes: {0}.</source>
        <translation>新类别：{0}。</translation>
    </message>
    <message>
        <source>{0} things are wrong:</source>
        <translation>有 {0} 处问题：</translation>
    </message>
    <message>
        <source>{0} thing is wrong:</source>
        <translation>有 {0} 处错误：</translation>
    </message>
    <message>
        <source>{0} does not exist.</source>
        <translation>{0} 不存在。</translation>
    </message>
    <message>
        <source>The format cannot be told from the files: choose it.</source>
        <translation>无法根据文件判断格式：请选择格式。</translation>
    </message>
    <message>
        <source>Choose the folder</source>
        <translation>选择文件夹</translation>
    </message>
</context>
<context>
    <name>InstancesPanel</name>
    <message>
        <source>Instances</source>
        <translation>实例</translation>
    </message>
    <message>
        <source>Pick one to draw on it; double-click goes there</source>
        <translation>选择一个即在其上绘制；双击前往</translation>
    </message>
    <message>
        <source>Class of the picked instances</source>
        <translation>所选实例的类别</translation>
    </message>
    <message>
        <source>New instance</source>
        <translation>新建实例</translation>
    </message>
    <message>
        <source>Strokes make a new object from now on (Shift+N)</source>
        <translation>此后的笔画绘制新的对象 (Shift+N)</translation>
    </message>
    <message>
        <source>Merge</source>
        <translation>合并</translation>
    </message>
    <message>
        <source>Make one instance of those picked</source>
        <translation>将所选合并为一个实例</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>拆分</translation>
    </message>
    <message>
        <source>Make an instance of each unconnected part</source>
        <translation>每个不相连的部分成为一个实例</translation>
    </message>
    <message>
        <source>Regions to instances</source>
        <translation>区域变为实例</translation>
    </message>
    <message>
        <source>Make an instance of each connected region of the active class</source>
        <translation>当前类别的每个连通区域成为一个实例</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Take the picked instances away (Del)</source>
        <translation>删除所选实例 (Del)</translation>
    </message>
    <message>
        <source>No instances yet. New instance (Shift+N), then a stroke, makes one object of a class.</source>
        <translation>尚无实例。先新建实例（Shift+N），再画一笔，即可得到某类别的一个物体。</translation>
    </message>
    <message>
        <source>{0} instance in this image</source>
        <translation>此图像有 {0} 个实例</translation>
    </message>
    <message>
        <source>{0} instances in this image</source>
        <translation>此图像有 {0} 个实例</translation>
    </message>
    <message>
        <source>{name} {number} · {area:,} px</source>
        <translation>{name} {number} · {area:,} 像素</translation>
    </message>
</context>
<context>
    <name>IouBars</name>
    <message>
        <source>IoU of each class</source>
        <translation>各类别的 IoU</translation>
    </message>
    <message>
        <source>Shared area over joint area, for each class; 1 is perfect</source>
        <translation>各类别的交集面积与并集面积之比；1 为完美</translation>
    </message>
</context>
<context>
    <name>LayersPanel</name>
    <message>
        <source>Show {layer}</source>
        <translation>显示{layer}</translation>
    </message>
    <message>
        <source>Opacity of {layer}</source>
        <translation>{layer}的不透明度</translation>
    </message>
    <message>
        <source>Doubt shown</source>
        <translation>显示的不确定性</translation>
    </message>
    <message>
        <source>Which map of a prediction the layer Confidence shows</source>
        <translation>“置信度”图层显示预测的哪一种图</translation>
    </message>
    <message>
        <source>Outlines only</source>
        <translation>仅显示轮廓</translation>
    </message>
    <message>
        <source>Draw labels as outlines (O)</source>
        <translation>将标注画成轮廓 (O)</translation>
    </message>
    <message>
        <source>Contrast</source>
        <translation>对比度</translation>
    </message>
    <message>
        <source>Auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Automatic contrast</source>
        <translation>自动对比度</translation>
    </message>
    <message>
        <source>Show the image&apos;s own range of values</source>
        <translation>显示图像自身的数值范围</translation>
    </message>
    <message>
        <source>Contrast presets</source>
        <translation>对比度预设</translation>
    </message>
    <message>
        <source>Each slice by itself</source>
        <translation>每个切片单独显示</translation>
    </message>
    <message>
        <source>Show every slice in its own range of values, not in the range of the whole stack</source>
        <translation>按每个切片自己的数值范围显示，而不是按整个序列的范围</translation>
    </message>
    <message>
        <source>Value shown black</source>
        <translation>显示为黑色的值</translation>
    </message>
    <message>
        <source>Value shown white</source>
        <translation>显示为白色的值</translation>
    </message>
    <message>
        <source>Range of values shown</source>
        <translation>显示的数值范围</translation>
    </message>
    <message>
        <source>Drag the ends, or between them to move both</source>
        <translation>拖动两端，或在中间拖动以同时移动两端</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Main toolbar</source>
        <translation>主工具栏</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
</context>
<context>
    <name>Messages</name>
    <message>
        <source>Close again to leave all the same: the journal keeps what is not saved.</source>
        <translation>再次关闭即可离开：未保存的内容保留在日志中。</translation>
    </message>
    <message>
        <source>Every image is labelled or in work already.</source>
        <translation>所有图像都已标注或正在标注。</translation>
    </message>
    <message>
        <source>Every image of the list is begun or done.</source>
        <translation>列表中的图像都已开始或完成。</translation>
    </message>
    <message>
        <source>Images whose files are missing are left out of this training; File &gt; Find moved images looks for them.</source>
        <translation>找不到文件的图像不参加本次训练；可用“文件 &gt; 查找移动过的图像”寻找它们。</translation>
    </message>
    <message>
        <source>No image is left to be reviewed.</source>
        <translation>没有待审核的图像了。</translation>
    </message>
    <message>
        <source>Nothing is selected that could be copied.</source>
        <translation>没有选中可复制的内容。</translation>
    </message>
    <message>
        <source>The file of this image was changed since it was opened: it is shown as it is now.</source>
        <translation>此图像的文件在打开之后被更改过：现在显示的是更改后的内容。</translation>
    </message>
    <message>
        <source>The files of this series have changed: open the project again.</source>
        <translation>该序列的文件已更改：请重新打开项目。</translation>
    </message>
    <message>
        <source>The last training is not finished; resuming goes on with it.</source>
        <translation>上次训练尚未完成；继续训练即可接着进行。</translation>
    </message>
    <message>
        <source>The result belongs to another image and was dropped.</source>
        <translation>结果属于另一张图像，已丢弃。</translation>
    </message>
    <message>
        <source>The slices between those that you labelled are filled.</source>
        <translation>已填充您所标注切片之间的切片。</translation>
    </message>
    <message>
        <source>There are no shapes in this image that could be selected.</source>
        <translation>此图像中没有可选择的形状。</translation>
    </message>
    <message>
        <source>There are no shapes or instances in this image.</source>
        <translation>这张图像中没有形状或实例。</translation>
    </message>
    <message>
        <source>These images are in the project already.</source>
        <translation>这些图像已在项目中。</translation>
    </message>
    <message>
        <source>This is the first image that the list shows.</source>
        <translation>这是列表所显示的第一张图像。</translation>
    </message>
    <message>
        <source>This is the first image.</source>
        <translation>这是第一张图像。</translation>
    </message>
    <message>
        <source>This is the first slice.</source>
        <translation>这是第一层。</translation>
    </message>
    <message>
        <source>This is the last image that the list shows.</source>
        <translation>这是列表所显示的最后一张图像。</translation>
    </message>
    <message>
        <source>This is the last image.</source>
        <translation>这是最后一张图像。</translation>
    </message>
    <message>
        <source>This is the last slice of this volume.</source>
        <translation>这是该体数据的最后一张切片。</translation>
    </message>
    <message>
        <source>This is the last slice.</source>
        <translation>这是最后一层。</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <source>Pretrained models</source>
        <translation>预训练模型</translation>
    </message>
    <message>
        <source>Networks that others trained on photographs of everyday things. They label without any training.</source>
        <translation>他人用日常照片训练的网络，无需训练即可标注。</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>here</source>
        <translation>已下载</translation>
    </message>
    <message>
        <source>to download</source>
        <translation>待下载</translation>
    </message>
    <message>
        <source>{0:.0f} MB</source>
        <translation>{0:.0f} MB</translation>
    </message>
    <message>
        <source>Knows: {0}.
Licence: {1}
From: {2}</source>
        <translation>可识别：{0}。
许可证：{1}
来源：{2}</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Stopped; what has come is kept.</source>
        <translation>已停止；已下载的部分会保留。</translation>
    </message>
</context>
<context>
    <name>NewProjectDialog</name>
    <message>
        <source>New project</source>
        <translation>新建项目</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Folder</source>
        <translation>文件夹(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Images</source>
        <translation>图像(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Classes</source>
        <translation>类别(&amp;C)</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Choose the folder</source>
        <translation>选择文件夹</translation>
    </message>
    <message>
        <source>Name of the project</source>
        <translation>项目名称</translation>
    </message>
    <message>
        <source>Folder that the project will stand in</source>
        <translation>存放项目的文件夹</translation>
    </message>
    <message>
        <source>Class preset</source>
        <translation>类别预设</translation>
    </message>
    <message>
        <source>A known list of classes, or your own names</source>
        <translation>现成的类别列表，或您自己的名称</translation>
    </message>
    <message>
        <source>My own names</source>
        <translation>自定义名称</translation>
    </message>
    <message>
        <source>Class names</source>
        <translation>类别名称</translation>
    </message>
    <message>
        <source>Names with commas between; more can be added later</source>
        <translation>名称之间用逗号分隔；以后可以再添加</translation>
    </message>
    <message>
        <source>Classes of the new project</source>
        <translation>新项目的类别</translation>
    </message>
    <message>
        <source>Create</source>
        <translation>创建</translation>
    </message>
    <message>
        <source>labels</source>
        <translation>标注</translation>
    </message>
    <message>
        <source>Give the project a name without / \ : * ? &quot; &lt; &gt; |</source>
        <translation>项目名称不能为空，也不能含有 / \ : * ? &quot; &lt; &gt; |</translation>
    </message>
    <message>
        <source>There is no folder {folder}</source>
        <translation>没有文件夹 {folder}</translation>
    </message>
    <message>
        <source>{name} is there already: choose another name</source>
        <translation>{name} 已存在：请换个名称</translation>
    </message>
    <message>
        <source>Name at least one class</source>
        <translation>至少需要一个类别</translation>
    </message>
</context>
<context>
    <name>News</name>
    <message>
        <source>epoch {0} of {1}</source>
        <translation>第 {0}/{1} 轮</translation>
    </message>
    <message>
        <source>epoch {0}</source>
        <translation>第 {0} 轮</translation>
    </message>
    <message>
        <source>loss {0}</source>
        <translation>损失 {0}</translation>
    </message>
    <message>
        <source>Add images</source>
        <translation>添加图像</translation>
    </message>
    <message>
        <source>Clean up</source>
        <translation>清理</translation>
    </message>
    <message>
        <source>Compare with the prediction</source>
        <translation>与预测比较</translation>
    </message>
    <message>
        <source>Download {0}</source>
        <translation>下载 {0}</translation>
    </message>
    <message>
        <source>Export {0}</source>
        <translation>导出 {0}</translation>
    </message>
    <message>
        <source>Find moved images</source>
        <translation>查找移动过的图像</translation>
    </message>
    <message>
        <source>GrabCut</source>
        <translation>GrabCut</translation>
    </message>
    <message>
        <source>Import {0}</source>
        <translation>导入 {0}</translation>
    </message>
    <message>
        <source>Livewire</source>
        <translation>智能剪刀</translation>
    </message>
    <message>
        <source>Load the volume</source>
        <translation>读取体数据</translation>
    </message>
    <message>
        <source>Look through {0}</source>
        <translation>查看 {0}</translation>
    </message>
    <message>
        <source>Measure the classes</source>
        <translation>测量各类别</translation>
    </message>
    <message>
        <source>Open {0}</source>
        <translation>打开 {0}</translation>
    </message>
    <message>
        <source>Predict</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Predict ahead</source>
        <translation>提前预测</translation>
    </message>
    <message>
        <source>Predict {0} images</source>
        <translation>预测 {0} 张图像</translation>
    </message>
    <message>
        <source>Propagate boxes</source>
        <translation>传播方框</translation>
    </message>
    <message>
        <source>Propagate scribbles</source>
        <translation>传播涂画</translation>
    </message>
    <message>
        <source>Propagate through the volume</source>
        <translation>在整个体数据中传播</translation>
    </message>
    <message>
        <source>Propagate to next slice</source>
        <translation>传播到下一层</translation>
    </message>
    <message>
        <source>Read the overview</source>
        <translation>读取概览</translation>
    </message>
    <message>
        <source>Take over labels</source>
        <translation>采用标注</translation>
    </message>
    <message>
        <source>Train {0}</source>
        <translation>训练 {0}</translation>
    </message>
    <message>
        <source>Tune propagation</source>
        <translation>调整传播参数</translation>
    </message>
    <message>
        <source>a step takes {0} of memory; {1} are free</source>
        <translation>每步需要 {0} 内存；可用 {1}</translation>
    </message>
    <message>
        <source>batch {0} -&gt; {1} and crop {2} -&gt; {3} pixels: a step would take {4} of memory; {5} are free</source>
        <translation>批大小 {0} -&gt; {1}，裁剪 {2} -&gt; {3} 像素：每步将需要 {4} 内存；可用 {5}</translation>
    </message>
    <message>
        <source>batch {0} -&gt; {1} times {2}: at once it would take {3} of memory; {4} are free</source>
        <translation>批大小 {0} -&gt; {1} 次，每次 {2}：一次完成将需要 {3} 内存；可用 {4}</translation>
    </message>
    <message>
        <source>checking {0}</source>
        <translation>正在检查 {0}</translation>
    </message>
    <message>
        <source>cleaning</source>
        <translation>正在清理</translation>
    </message>
    <message>
        <source>cleaning {0}</source>
        <translation>正在清理 {0}</translation>
    </message>
    <message>
        <source>comparing</source>
        <translation>正在比较</translation>
    </message>
    <message>
        <source>comparing the strokes of the images</source>
        <translation>正在比较各图像的笔画</translation>
    </message>
    <message>
        <source>comparing {0}</source>
        <translation>正在比较 {0}</translation>
    </message>
    <message>
        <source>compiled: a step takes {0} of the time</source>
        <translation>已编译：每步用时为原来的 {0}</translation>
    </message>
    <message>
        <source>compiling the network</source>
        <translation>正在编译网络</translation>
    </message>
    <message>
        <source>connecting to {0}</source>
        <translation>正在连接 {0}</translation>
    </message>
    <message>
        <source>counting</source>
        <translation>正在统计</translation>
    </message>
    <message>
        <source>counting {0}</source>
        <translation>正在统计 {0}</translation>
    </message>
    <message>
        <source>cutting</source>
        <translation>正在切割</translation>
    </message>
    <message>
        <source>decoded ahead</source>
        <translation>已提前解码</translation>
    </message>
    <message>
        <source>decoding ahead</source>
        <translation>正在提前解码</translation>
    </message>
    <message>
        <source>downloading {0}</source>
        <translation>正在下载 {0}</translation>
    </message>
    <message>
        <source>drawn ahead</source>
        <translation>已预先绘制</translation>
    </message>
    <message>
        <source>filling</source>
        <translation>正在填充</translation>
    </message>
    <message>
        <source>filling boxes</source>
        <translation>正在填充方框</translation>
    </message>
    <message>
        <source>filling {0}</source>
        <translation>正在填充 {0}</translation>
    </message>
    <message>
        <source>fitting</source>
        <translation>正在拟合</translation>
    </message>
    <message>
        <source>following edges</source>
        <translation>正在贴合边缘</translation>
    </message>
    <message>
        <source>freeing the device</source>
        <translation>正在释放设备</translation>
    </message>
    <message>
        <source>holding the labels</source>
        <translation>正在固定标注</translation>
    </message>
    <message>
        <source>image {0} of {1}</source>
        <translation>第 {0}/{1} 张图像</translation>
    </message>
    <message>
        <source>importing {0}</source>
        <translation>正在导入 {0}</translation>
    </message>
    <message>
        <source>learning from {0}</source>
        <translation>正在从 {0} 学习</translation>
    </message>
    <message>
        <source>listening to the network</source>
        <translation>正在读取网络的输出</translation>
    </message>
    <message>
        <source>loading</source>
        <translation>正在载入</translation>
    </message>
    <message>
        <source>looked at {0}</source>
        <translation>已查看 {0}</translation>
    </message>
    <message>
        <source>looking at slice {0} of {1}</source>
        <translation>正在查看第 {0} 个切片，共 {1} 个</translation>
    </message>
    <message>
        <source>looking at the classes</source>
        <translation>正在查看类别</translation>
    </message>
    <message>
        <source>looking at the image</source>
        <translation>正在查看图像</translation>
    </message>
    <message>
        <source>looking at the regions</source>
        <translation>正在查看区域</translation>
    </message>
    <message>
        <source>looking at the strokes</source>
        <translation>正在查看笔画</translation>
    </message>
    <message>
        <source>looking at the volume</source>
        <translation>正在查看体数据</translation>
    </message>
    <message>
        <source>looking at {0}</source>
        <translation>正在查看 {0}</translation>
    </message>
    <message>
        <source>looking for series in {0}</source>
        <translation>正在 {0} 中查找序列</translation>
    </message>
    <message>
        <source>looking in {0}</source>
        <translation>正在搜索 {0}</translation>
    </message>
    <message>
        <source>measuring the memory of a step</source>
        <translation>正在测量每步所需内存</translation>
    </message>
    <message>
        <source>measuring what is familiar</source>
        <translation>正在测量网络熟悉的内容</translation>
    </message>
    <message>
        <source>measuring what is ordinary: image {0} of {1}</source>
        <translation>正在测量常态：第 {0}/{1} 张图像</translation>
    </message>
    <message>
        <source>not compiled: {0}</source>
        <translation>未编译：{0}</translation>
    </message>
    <message>
        <source>opening the model</source>
        <translation>正在打开模型</translation>
    </message>
    <message>
        <source>out of memory: batch {0} -&gt; {1}</source>
        <translation>内存不足：批大小 {0} -&gt; {1}</translation>
    </message>
    <message>
        <source>out of memory: crop {0} -&gt; {1}</source>
        <translation>内存不足：裁剪 {0} -&gt; {1}</translation>
    </message>
    <message>
        <source>predicting</source>
        <translation>正在预测</translation>
    </message>
    <message>
        <source>predicting {0}</source>
        <translation>正在预测 {0}</translation>
    </message>
    <message>
        <source>propagating {0}</source>
        <translation>正在传播 {0}</translation>
    </message>
    <message>
        <source>reading</source>
        <translation>正在读取</translation>
    </message>
    <message>
        <source>reading sample {0} of {1}</source>
        <translation>正在读取样本 {0}/{1}</translation>
    </message>
    <message>
        <source>reading the overview</source>
        <translation>正在读取概览</translation>
    </message>
    <message>
        <source>reading the rounds</source>
        <translation>正在读取各轮记录</translation>
    </message>
    <message>
        <source>reading the strokes</source>
        <translation>正在读取笔画</translation>
    </message>
    <message>
        <source>reading {0}</source>
        <translation>正在读取 {0}</translation>
    </message>
    <message>
        <source>refining</source>
        <translation>正在细化</translation>
    </message>
    <message>
        <source>sample {0} of {1}</source>
        <translation>样本 {0}/{1}</translation>
    </message>
    <message>
        <source>saving</source>
        <translation>正在保存</translation>
    </message>
    <message>
        <source>segmenting boxes of {0}</source>
        <translation>正在由方框分割 {0}</translation>
    </message>
    <message>
        <source>slice {0} of {1}</source>
        <translation>切片 {0}/{1}</translation>
    </message>
    <message>
        <source>spreading</source>
        <translation>正在扩散</translation>
    </message>
    <message>
        <source>spreading scribbles</source>
        <translation>正在扩散涂画</translation>
    </message>
    <message>
        <source>taking the import back</source>
        <translation>正在撤回导入</translation>
    </message>
    <message>
        <source>tidying up</source>
        <translation>正在整理</translation>
    </message>
    <message>
        <source>validating {0} of {1}</source>
        <translation>正在验证 {0}/{1}</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>正在等待</translation>
    </message>
    <message>
        <source>waiting for the disk</source>
        <translation>正在等待磁盘写入</translation>
    </message>
    <message>
        <source>walking</source>
        <translation>正在随机游走</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>正在写入</translation>
    </message>
    <message>
        <source>{0} is too large to be looked at ahead</source>
        <translation>{0} 太大，无法提前预测</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0}/{1}</translation>
    </message>
    <message>
        <source>{0} of {1} MB</source>
        <translation>{0}/{1} MB</translation>
    </message>
    <message>
        <source>{0} of {1}: {2}</source>
        <translation>{0}/{1}：{2}</translation>
    </message>
</context>
<context>
    <name>NextStep</name>
    <message>
        <source>Next: add images ({0}), or drop them into the window.</source>
        <translation>下一步：添加图像（{0}），或将其拖入窗口。</translation>
    </message>
    <message>
        <source>Next: draw a stroke in each class, background too; then propagate ({0}).</source>
        <translation>下一步：为每个类别（包括背景）画一笔，然后传播（{0}）。</translation>
    </message>
    <message>
        <source>Next: let the network label this image ({0}), or draw strokes.</source>
        <translation>下一步：让网络标注此图像（{0}），或自行涂鸦。</translation>
    </message>
    <message>
        <source>Next: once each class has a stroke, propagate ({0}).</source>
        <translation>下一步：每个类别都有笔画后，进行传播（{0}）。</translation>
    </message>
    <message>
        <source>Next: turn the boxes into masks ({0}).</source>
        <translation>下一步：将方框转换为掩膜（{0}）。</translation>
    </message>
    <message>
        <source>Next: correct what is wrong, then mark as done ({0}).</source>
        <translation>下一步：修正错误之处，然后标记为完成（{0}）。</translation>
    </message>
    <message>
        <source>Done. Next: another image ({0}); with a few done, train a network ({1}).</source>
        <translation>已完成。下一步：处理另一张图像（{0}）；完成几张后训练网络（{1}）。</translation>
    </message>
    <message>
        <source>Next: accept ({0}) or reject ({1}) this image.</source>
        <translation>下一步：通过（{0}）或退回（{1}）此图像。</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
</context>
<context>
    <name>NoticeBar</name>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>复制详细信息</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Something went wrong inside segstudio ({0}). Your labels are safe in the journal.</source>
        <translation>segstudio 内部出错（{0}）。您的标注已安全保存在日志中。</translation>
    </message>
    <message>
        <source>{0} object</source>
        <translation>{0} 个对象</translation>
    </message>
    <message>
        <source>{0} objects</source>
        <translation>{0} 个对象</translation>
    </message>
    <message>
        <source>{0} with {1}</source>
        <translation>{0}（{1}）</translation>
    </message>
    <message>
        <source>{0} exported as {1} to {2}</source>
        <translation>{0}已导出为 {1}，位置：{2}</translation>
    </message>
    <message>
        <source>{0} left out, the first: {1}</source>
        <translation>{0}被略去，第一个：{1}</translation>
    </message>
    <message>
        <source>; </source>
        <translation>；</translation>
    </message>
    <message>
        <source>{0} image</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>{0} things were wrong and left out.</source>
        <translation>有 {0} 处问题已被略过。</translation>
    </message>
    <message>
        <source>The import is taken back: {0} images are as before.</source>
        <translation>导入已撤回：{0} 张图像恢复原状。</translation>
    </message>
    <message>
        <source>{0} images were worked on since and stay as they are.</source>
        <translation>有 {0} 张图像此后被修改过，保持不变。</translation>
    </message>
    <message>
        <source>{0} image was worked on since and stays as it is.</source>
        <translation>{0} 张图像此后已被编辑，保持不变。</translation>
    </message>
    <message>
        <source>{0} imported; the menu File takes the import back.</source>
        <translation>已导入 {0}；可在“文件”菜单中撤回此次导入。</translation>
    </message>
    <message>
        <source>{0} thing was wrong and left out.</source>
        <translation>{0} 处有误，已略过。</translation>
    </message>
    <message>
        <source>The import is taken back: {0} image is as before.</source>
        <translation>导入已撤回：{0} 张图像恢复原样。</translation>
    </message>
    <message>
        <source>The last import was cut off and is put back: the images are as they were before it.</source>
        <translation>上次导入中途中断，已撤回：图像恢复到导入前的状态。</translation>
    </message>
    <message>
        <source>Left out: {0}</source>
        <translation>已跳过：{0}</translation>
    </message>
    <message>
        <source> (and {0} more)</source>
        <translation>（另有 {0} 个）</translation>
    </message>
</context>
<context>
    <name>Objects</name>
    <message>
        <source>{0} copied; paste in this image or in another</source>
        <translation>已复制 {0} 个；可粘贴到本图像或其他图像</translation>
    </message>
</context>
<context>
    <name>OptionForm</name>
    <message>
        <source>automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>none chosen</source>
        <translation>未选择</translation>
    </message>
    <message>
        <source>Choose the folder</source>
        <translation>选择文件夹</translation>
    </message>
</context>
<context>
    <name>OrthogonalViews</name>
    <message>
        <source>The volume is being read …</source>
        <translation>正在读取体数据……</translation>
    </message>
    <message>
        <source>This image is no volume: there are no planes across it.</source>
        <translation>此图像不是体数据：没有横切它的平面。</translation>
    </message>
</context>
<context>
    <name>PlaneView</name>
    <message>
        <source>Click to move the cross-hair, turn the wheel to move the plane</source>
        <translation>单击移动十字线，转动滚轮移动平面</translation>
    </message>
</context>
<context>
    <name>PredictDialog</name>
    <message>
        <source>Predict</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>选项</translation>
    </message>
    <message>
        <source>Load a file…</source>
        <translation>加载文件…</translation>
    </message>
    <message>
        <source>Pretrained…</source>
        <translation>预训练…</translation>
    </message>
    <message>
        <source>Classes…</source>
        <translation>类别…</translation>
    </message>
    <message>
        <source>A checkpoint, an ONNX file or an exported program</source>
        <translation>检查点、ONNX 文件或导出的程序</translation>
    </message>
    <message>
        <source>Networks that others published</source>
        <translation>他人发布的网络</translation>
    </message>
    <message>
        <source>What the network&apos;s classes become in this project</source>
        <translation>网络的类别在本项目中对应什么</translation>
    </message>
    <message>
        <source>&amp;This image</source>
        <translation>当前图像(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Selected images ({0})</source>
        <translation>所选图像（{0}）(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Unlabelled images ({0})</source>
        <translation>未标注图像（{0}）(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;All images ({0})</source>
        <translation>全部图像（{0}）(&amp;A)</translation>
    </message>
    <message>
        <source>Skipped images stay out; what a person drew stays</source>
        <translation>跳过的图像不参与；人工绘制的内容保持不变</translation>
    </message>
    <message>
        <source>&amp;Clean up specks and holes</source>
        <translation>清理斑点和孔洞(&amp;C)</translation>
    </message>
    <message>
        <source>Takes away what is smaller than a person draws</source>
        <translation>去除比人工绘制还小的区域</translation>
    </message>
    <message>
        <source>Follow the &amp;edges</source>
        <translation>贴合边缘(&amp;E)</translation>
    </message>
    <message>
        <source>By a dense CRF on the image; slower</source>
        <translation>用图像上的稠密 CRF；较慢</translation>
    </message>
    <message>
        <source>Average over &amp;mirrored images</source>
        <translation>镜像图像平均(&amp;M)</translation>
    </message>
    <message>
        <source>A little better, four times the time</source>
        <translation>稍好一些，耗时为四倍</translation>
    </message>
    <message>
        <source>Average over si&amp;zes</source>
        <translation>多尺度平均(&amp;Z)</translation>
    </message>
    <message>
        <source>Better for objects of many sizes; slower</source>
        <translation>适合大小不一的物体；较慢</translation>
    </message>
    <message>
        <source>own size only</source>
        <translation>仅原始尺寸</translation>
    </message>
    <message>
        <source>More options</source>
        <translation>更多选项</translation>
    </message>
    <message>
        <source>There is no trained network yet: train one first, or load a model.</source>
        <translation>还没有训练好的网络：请先训练，或加载模型。</translation>
    </message>
    <message>
        <source>{0}, trained in this project</source>
        <translation>{0}，在本项目中训练</translation>
    </message>
</context>
<context>
    <name>PreferencesDialog</name>
    <message>
        <source>Preferences</source>
        <translation>首选项</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>主题(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Save after</source>
        <translation>自动保存间隔(&amp;S)</translation>
    </message>
    <message>
        <source>Seconds after the last edit; the crash journal has every edit at once</source>
        <translation>最后一次编辑之后的秒数；每次编辑都会立即写入防崩溃日志</translation>
    </message>
    <message>
        <source>Label &amp;opacity</source>
        <translation>标注不透明度(&amp;O)</translation>
    </message>
    <message>
        <source>How strongly labels cover the image at first</source>
        <translation>标注初始覆盖图像的程度</translation>
    </message>
    <message>
        <source>&amp;Image memory</source>
        <translation>图像缓存(&amp;I)</translation>
    </message>
    <message>
        <source>Decoded images kept, for quick next and previous</source>
        <translation>保留已解码的图像，便于快速切换</translation>
    </message>
    <message>
        <source>&amp;Undo memory</source>
        <translation>撤销缓存(&amp;U)</translation>
    </message>
    <message>
        <source>The oldest steps of undo are forgotten beyond this</source>
        <translation>超出后会丢弃最早的撤销步骤</translation>
    </message>
    <message>
        <source>Training t&amp;hreads</source>
        <translation>训练线程(&amp;H)</translation>
    </message>
    <message>
        <source>Processor threads a training may use</source>
        <translation>训练可使用的处理器线程数</translation>
    </message>
    <message>
        <source>s</source>
        <comment>seconds</comment>
        <translation>秒</translation>
    </message>
    <message>
        <source>all but one</source>
        <translation>留出一个</translation>
    </message>
    <message>
        <source>Keep zoom between images of one size</source>
        <translation>尺寸相同的图像之间保持缩放</translation>
    </message>
    <message>
        <source>Propagate after every stroke</source>
        <translation>每画一笔后自动传播</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>确定</translation>
    </message>
</context>
<context>
    <name>PreviewView</name>
    <message>
        <source>Validation image</source>
        <translation>验证图像</translation>
    </message>
    <message>
        <source>Labelled</source>
        <translation>标注</translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
</context>
<context>
    <name>ProblemTable</name>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Line</source>
        <translation>行</translation>
    </message>
    <message>
        <source>What is wrong</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>What is wrong with the data set</source>
        <translation>数据集中的问题</translation>
    </message>
</context>
<context>
    <name>PropagationPanel</name>
    <message>
        <source>&amp;Strokes</source>
        <translation>涂鸦(&amp;S)</translation>
    </message>
    <message>
        <source>Way from strokes to masks</source>
        <translation>由涂鸦得到掩膜的方法</translation>
    </message>
    <message>
        <source>&amp;Boxes</source>
        <translation>方框(&amp;B)</translation>
    </message>
    <message>
        <source>Way from boxes to masks</source>
        <translation>由方框得到掩膜的方法</translation>
    </message>
    <message>
        <source>Propagate strokes</source>
        <translation>传播涂鸦</translation>
    </message>
    <message>
        <source>Spread the strokes over the image (P)</source>
        <translation>把涂鸦传播到整幅图像 (P)</translation>
    </message>
    <message>
        <source>Fill boxes</source>
        <translation>填充方框</translation>
    </message>
    <message>
        <source>Turn the boxes into masks (Shift+P)</source>
        <translation>把方框变成掩膜 (Shift+P)</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>重置</translation>
    </message>
    <message>
        <source>Methods and weights as they are at first</source>
        <translation>恢复最初的方法和权重</translation>
    </message>
    <message>
        <source>Show doubt</source>
        <translation>显示不确定处</translation>
    </message>
    <message>
        <source>Tint what the last result is unsure of</source>
        <translation>给上次结果不确定的部分着色</translation>
    </message>
    <message>
        <source>Last result: {method}, {sure} sure</source>
        <translation>上次结果：{method}，置信度 {sure}</translation>
    </message>
    <message>
        <source>The strokes and masks of {count} other images count too.</source>
        <translation>另外 {count} 张图像的笔画和掩膜也计算在内。</translation>
    </message>
    <message>
        <source>Learning from the other images…</source>
        <translation>正在从其他图像中学习…</translation>
    </message>
</context>
<context>
    <name>QDockWidget</name>
    <message>
        <source>Float</source>
        <translation>浮动</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>QTabBar</name>
    <message>
        <source>Scroll Left</source>
        <translation>向左滚动</translation>
    </message>
    <message>
        <source>Scroll Right</source>
        <translation>向右滚动</translation>
    </message>
</context>
<context>
    <name>RemoveClassDialog</name>
    <message>
        <source>Remove class</source>
        <translation>删除类别</translation>
    </message>
    <message>
        <source>{0} is shown in {1} image: {2}.</source>
        <translation>{0} 出现在 {1} 张图像中：{2}。</translation>
    </message>
    <message>
        <source>{0} is shown in {1} images: {2}.</source>
        <translation>{0} 出现在 {1} 张图像中：{2}。</translation>
    </message>
    <message>
        <source>, </source>
        <translation>，</translation>
    </message>
    <message>
        <source>pixels in {0}</source>
        <translation>像素 {0} 张</translation>
    </message>
    <message>
        <source>instances in {0}</source>
        <translation>实例 {0} 张</translation>
    </message>
    <message>
        <source>boxes in {0}</source>
        <translation>方框 {0} 张</translation>
    </message>
    <message>
        <source>polygons in {0}</source>
        <translation>多边形 {0} 张</translation>
    </message>
    <message>
        <source>tags in {0}</source>
        <translation>标签 {0} 张</translation>
    </message>
    <message>
        <source>What becomes of what is labelled {name}?</source>
        <translation>标注为 {name} 的内容如何处理？</translation>
    </message>
    <message>
        <source>It becomes unlabelled; its boxes, polygons and tags go</source>
        <translation>变为未标注；其方框、多边形和标签一并删除</translation>
    </message>
    <message>
        <source>It becomes</source>
        <translation>改为</translation>
    </message>
    <message>
        <source>Class that takes the pixels</source>
        <translation>接收这些像素的类别</translation>
    </message>
    <message>
        <source>One step for all images: Undo brings everything back.</source>
        <translation>对所有图像是一步操作：撤销即可全部恢复。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Merge</source>
        <translation>合并</translation>
    </message>
</context>
<context>
    <name>ReplaceClassesDialog</name>
    <message>
        <source>Replace classes</source>
        <translation>替换类别</translation>
    </message>
    <message>
        <source>The new list lacks classes that images show. What is labelled with them becomes unlabelled:</source>
        <translation>新列表缺少图像中已有的类别，用它们标注的内容将变为未标注：</translation>
    </message>
    <message>
        <source>… and {0} more classes</source>
        <translation>……以及另外 {0} 个类别</translation>
    </message>
    <message>
        <source>To keep it under another class, remove these classes first. Undo brings everything back.</source>
        <translation>若要保留为其他类别，请先删除这些类别并选择去向。撤销可全部恢复。</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
</context>
<context>
    <name>ReviewBar</name>
    <message>
        <source>Accept</source>
        <translation>通过</translation>
    </message>
    <message>
        <source>The mask is right: mark as reviewed and go on</source>
        <translation>掩膜正确：标记为已审核并继续</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>退回</translation>
    </message>
    <message>
        <source>The mask is wrong: mark as in progress and go on</source>
        <translation>掩膜有误：标记为进行中并继续</translation>
    </message>
    <message>
        <source>Previous image</source>
        <translation>上一张图像</translation>
    </message>
    <message>
        <source>Next image</source>
        <translation>下一张图像</translation>
    </message>
    <message>
        <source>Leave review mode</source>
        <translation>退出审核模式</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>A note for whoever corrects this image</source>
        <translation>给修改者的备注</translation>
    </message>
    <message>
        <source>What is wrong?</source>
        <translation>哪里有问题？</translation>
    </message>
</context>
<context>
    <name>RoundsPlot</name>
    <message>
        <source>Rounds of Teach mode</source>
        <translation>教学模式的各轮</translation>
    </message>
    <message>
        <source>Line: mIoU on the images that came next. Bars: the share of pre-labelled pixels you changed.</source>
        <translation>折线：在随后图像上的 mIoU。柱：您修改的预标注像素所占比例。</translation>
    </message>
    <message>
        <source>No round yet.</source>
        <translation>尚无轮次。</translation>
    </message>
    <message>
        <source>mIoU</source>
        <translation>mIoU</translation>
    </message>
    <message>
        <source>corrected</source>
        <translation>已更正</translation>
    </message>
</context>
<context>
    <name>RoundsView</name>
    <message>
        <source>Labels</source>
        <translation>标注</translation>
    </message>
    <message>
        <source>The chosen image as the round labelled it</source>
        <translation>所选图像在该轮得到的标注</translation>
    </message>
    <message>
        <source>Sure</source>
        <translation>确信</translation>
    </message>
    <message>
        <source>How sure the filled labels are, on average</source>
        <translation>填充标注的平均置信度</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>变化</translation>
    </message>
    <message>
        <source>Share of pixels whose label is another than the round before</source>
        <translation>与上一轮相比标注改变的像素比例</translation>
    </message>
    <message>
        <source>mIoU</source>
        <translation>mIoU</translation>
    </message>
    <message>
        <source>Of the network, on images kept aside: on masks, or else on filled labels</source>
        <translation>网络在留出图像上的结果：以掩膜为准，没有掩膜时以填充的标注为准</translation>
    </message>
    <message>
        <source>Strokes</source>
        <translation>涂鸦</translation>
    </message>
    <message>
        <source>mIoU of the network on what people drew in the images kept aside: rounds compare by this</source>
        <translation>网络在留出图像中人工涂鸦上的 mIoU：各轮以此比较</translation>
    </message>
    <message>
        <source>Rounds</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>Each round fills strokes and boxes and trains on that; after the first the network helps to fill</source>
        <translation>每一轮先填充涂鸦和方框，再据此训练；第一轮之后由网络协助填充</translation>
    </message>
    <message>
        <source>Image to compare</source>
        <translation>要比较的图像</translation>
    </message>
    <message>
        <source>The image whose labels are shown, round by round</source>
        <translation>逐轮显示其标注的图像</translation>
    </message>
    <message>
        <source>Use labels</source>
        <translation>使用标注</translation>
    </message>
    <message>
        <source>Use the labels of this round</source>
        <translation>使用该轮的标注</translation>
    </message>
    <message>
        <source>Write the chosen labels into the images, a step of undo each; what people drew stays</source>
        <translation>把所选标注写入图像，每幅可单独撤销；人工绘制的内容保留</translation>
    </message>
    <message>
        <source>round {number}</source>
        <translation>第 {number} 轮</translation>
    </message>
    <message>
        <source>last labels</source>
        <translation>最终标注</translation>
    </message>
    <message>
        <source>Runs that learn from strokes and boxes in rounds (ScribbleSup) show here what each came to.</source>
        <translation>按轮次从涂鸦和方框学习的训练（ScribbleSup）会在此显示每一轮的结果。</translation>
    </message>
    <message>
        <source>The labels of {count} images are taken over.</source>
        <translation>已采用 {count} 幅图像的标注。</translation>
    </message>
</context>
<context>
    <name>RunList</name>
    <message>
        <source>Run</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>mIoU</source>
        <translation>mIoU</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>结束状态</translation>
    </message>
    <message>
        <source>Begun</source>
        <translation>开始时间</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>训练记录</translation>
    </message>
    <message>
        <source>Tick runs to see their curves beside this one</source>
        <translation>勾选训练，将其曲线与当前训练对照显示</translation>
    </message>
    <message>
        <source>Differences</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>The options in which the ticked runs differ</source>
        <translation>所勾选训练之间不同的选项</translation>
    </message>
    <message>
        <source>running</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>cut off</source>
        <translation>被中断</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>run {number}</source>
        <translation>训练 {number}</translation>
    </message>
    <message>
        <source>Option</source>
        <translation>选项</translation>
    </message>
    <message>
        <source>Tick runs to see their curves; of two or more, what they were trained with too.</source>
        <translation>勾选训练可显示其曲线；勾选两个或更多时还会显示各自的训练选项。</translation>
    </message>
    <message>
        <source>These runs were trained with the same options.</source>
        <translation>这些训练使用了相同的选项。</translation>
    </message>
</context>
<context>
    <name>SampleActs</name>
    <message>
        <source>The image files stay where they are. Undo brings images and labels back as long as the project is open.</source>
        <translation>图像文件保留在原处。项目打开期间，撤销可恢复图像及其标注。</translation>
    </message>
    <message>
        <source>A name that is there several times is not guessed: choose the folder itself.</source>
        <translation>同名文件有多个时不作猜测：请直接选择图像所在的文件夹。</translation>
    </message>
    <message>
        <source>{0} image taken out of the project</source>
        <translation>已从项目中移除 {0} 张图像</translation>
    </message>
    <message>
        <source>{0} images taken out of the project</source>
        <translation>已从项目中移除 {0} 张图像</translation>
    </message>
    <message>
        <source>Remove images</source>
        <translation>移除图像</translation>
    </message>
    <message>
        <source>Take {0} images out of the project?</source>
        <translation>要从项目中移除 {0} 张图像吗？</translation>
    </message>
    <message>
        <source>Take {0} out of the project?</source>
        <translation>要从项目中移除 {0} 吗？</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Images found: {0}; still missing: {1}</source>
        <translation>找到图像：{0}；仍缺失：{1}</translation>
    </message>
</context>
<context>
    <name>SampleMenu</name>
    <message>
        <source>Mark as</source>
        <translation>标记为</translation>
    </message>
    <message>
        <source>Show in its folder</source>
        <translation>在文件夹中显示</translation>
    </message>
    <message>
        <source>Copy the path</source>
        <translation>复制路径</translation>
    </message>
</context>
<context>
    <name>SampleModel</name>
    <message>
        <source>uncertainty of the last prediction: {0:.0%}</source>
        <translation>上次预测的不确定性：{0:.0%}</translation>
    </message>
</context>
<context>
    <name>SamplesPanel</name>
    <message>
        <source>Search images</source>
        <translation>搜索图像</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Show images in this state only</source>
        <translation>只显示此状态的图像</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Show images with this class only</source>
        <translation>只显示含有此类别的图像</translation>
    </message>
    <message>
        <source>Small pictures</source>
        <translation>缩略图</translation>
    </message>
    <message>
        <source>Show a small picture of each image in the list</source>
        <translation>在列表中显示每张图像的缩略图</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Double-click or Enter opens an image</source>
        <translation>双击或按 Enter 打开图像</translation>
    </message>
    <message>
        <source>Share of images that are done</source>
        <translation>已完成图像的比例</translation>
    </message>
    <message>
        <source>The images of a project stand here.</source>
        <translation>项目的图像显示在这里。</translation>
    </message>
    <message>
        <source>No image matches.</source>
        <translation>没有匹配的图像。</translation>
    </message>
    <message>
        <source>unsure ({0:.0%} or more)</source>
        <translation>不确定（{0:.0%} 或更高）</translation>
    </message>
    <message>
        <source>Show images whose path or note holds this text; Enter goes there</source>
        <translation>显示路径或备注中含有该文字的图像；按 Enter 转到</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>顺序</translation>
    </message>
    <message>
        <source>In which order the images stand, and come one after the other</source>
        <translation>图像排列和依次打开的顺序</translation>
    </message>
    <message>
        <source>All states</source>
        <translation>所有状态</translation>
    </message>
    <message>
        <source>No images yet. Drop images or a folder anywhere in the window.</source>
        <translation>尚无图像。将图像或文件夹拖到窗口任意位置即可。</translation>
    </message>
    <message>
        <source>All classes</source>
        <translation>所有类别</translation>
    </message>
    <message>
        <source>{done} of {total} done</source>
        <translation>已完成 {done} / {total}</translation>
    </message>
    <message>
        <source>no. {place}</source>
        <translation>第 {place} 张</translation>
    </message>
    <message>
        <source>{shown} shown</source>
        <translation>显示 {shown} 张</translation>
    </message>
</context>
<context>
    <name>Sentences</name>
    <message>
        <source>--images needs --masks (masks or strokes), --boxes or --tags</source>
        <translation>--images 需要 --masks（掩膜或涂鸦）、--boxes 或 --tags</translation>
    </message>
    <message>
        <source>YCbCr colours without JPEG compression are not supported</source>
        <translation>不支持未经 JPEG 压缩的 YCbCr 颜色</translation>
    </message>
    <message>
        <source>a Hugging Face data set holds its images; copy or link them</source>
        <translation>Hugging Face 数据集包含图像本身；请复制或链接图像</translation>
    </message>
    <message>
        <source>a bitmask is damaged</source>
        <translation>一个位图掩膜已损坏</translation>
    </message>
    <message>
        <source>a bitmask is no embedded PNG</source>
        <translation>一个位图掩膜不是内嵌的 PNG</translation>
    </message>
    <message>
        <source>a bitmask is {0}x{1} pixels, but its image is {2}x{3}</source>
        <translation>一个位图掩膜为 {0}x{1} 像素，而其图像为 {2}x{3}</translation>
    </message>
    <message>
        <source>a box has no four numbers</source>
        <translation>一个框没有四个数</translation>
    </message>
    <message>
        <source>a box of zero size: {0}</source>
        <translation>方框的大小为零：{0}</translation>
    </message>
    <message>
        <source>a brush has a radius of at least half a pixel, not {0}</source>
        <translation>画笔半径至少为半个像素，而不是 {0}</translation>
    </message>
    <message>
        <source>a brush mask: {0}</source>
        <translation>一个画笔掩膜：{0}</translation>
    </message>
    <message>
        <source>a checkpoint is not run by {0}</source>
        <translation>检查点不能由 {0} 运行</translation>
    </message>
    <message>
        <source>a class list has the form {&quot;classes&quot;: [{&quot;id&quot;: 0, &quot;name&quot;: &quot;...&quot;, &quot;color&quot;: &quot;#rrggbb&quot;}]}</source>
        <translation>类别列表的格式为 {&quot;classes&quot;: [{&quot;id&quot;: 0, &quot;name&quot;: &quot;...&quot;, &quot;color&quot;: &quot;#rrggbb&quot;}]}</translation>
    </message>
    <message>
        <source>a confusion matrix is square, not of shape {0}</source>
        <translation>混淆矩阵应为方阵，而不是 {0}</translation>
    </message>
    <message>
        <source>a frame does not lie on the pixels of its image</source>
        <translation>有一帧与其图像的像素不对齐</translation>
    </message>
    <message>
        <source>a frame has {0}, and nothing tells where it lies</source>
        <translation>有一帧为 {0}，且没有信息说明其位置</translation>
    </message>
    <message>
        <source>a label map has two dimensions and whole numbers, not shape {0} of {1}</source>
        <translation>标签图应为二维整数数组，而不是形状 {0}、类型 {1}</translation>
    </message>
    <message>
        <source>a label map holds no negative ids, but this one holds {0}</source>
        <translation>标签图不能有负编号，但这里出现了 {0}</translation>
    </message>
    <message>
        <source>a label map is an (H, W) array of integers, not {0} {1}</source>
        <translation>标签图应为 (H, W) 整数数组，而不是 {0} {1}</translation>
    </message>
    <message>
        <source>a mask has two dimensions, not shape {0}</source>
        <translation>掩膜应为二维，而不是形状 {0}</translation>
    </message>
    <message>
        <source>a mask is {0} and its image is {1}; they must agree</source>
        <translation>掩膜大小为 {0}，图像大小为 {1}；两者必须一致</translation>
    </message>
    <message>
        <source>a model is described as {&quot;classes&quot;: [...], &quot;normalisation&quot;: &quot;...&quot;, &quot;output&quot;: &quot;...&quot;}</source>
        <translation>模型描述的格式为 {&quot;classes&quot;: [...], &quot;normalisation&quot;: &quot;...&quot;, &quot;output&quot;: &quot;...&quot;}</translation>
    </message>
    <message>
        <source>a model of images has one input, this one has {0} ({1})</source>
        <translation>图像模型只有一个输入，而它有 {0} 个（{1}）</translation>
    </message>
    <message>
        <source>a newer version of segstudio wrote it; update segstudio to read it</source>
        <translation>由更新版本的 segstudio 写入；请更新 segstudio 后再读取</translation>
    </message>
    <message>
        <source>a panoptic PNG is in colour, which tells the ids of segments</source>
        <translation>全景 PNG 应为彩色，颜色表示分割编号</translation>
    </message>
    <message>
        <source>a part of the path is a file, not a folder</source>
        <translation>路径中有一部分是文件，不是文件夹</translation>
    </message>
    <message>
        <source>a polygon is a list of positions (y, x), not an array of shape {0}</source>
        <translation>多边形应为 (y, x) 坐标列表，而不是形状 {0} 的数组</translation>
    </message>
    <message>
        <source>a polygon touches none of the others: give them to one instance instead</source>
        <translation>有一个多边形与其他多边形都不相接：可改为将它们合为一个实例</translation>
    </message>
    <message>
        <source>a polygon&apos;s rings have at least three points</source>
        <translation>多边形的每个环至少有三个点</translation>
    </message>
    <message>
        <source>a project has at least one class</source>
        <translation>项目至少要有一个类别</translation>
    </message>
    <message>
        <source>a project has its strokes, labels and classes inside; leave out the options that name files</source>
        <translation>项目自身含有笔画、标注和类别；请去掉指定文件的选项</translation>
    </message>
    <message>
        <source>a project is predicted alone, without -o, --to, --maps, --ordinary, --devices, --resume, --volumes</source>
        <translation>预测项目时只能单独进行，不能使用 -o、--to、--maps、--ordinary、--devices、--resume、--volumes</translation>
    </message>
    <message>
        <source>a rectangle lacks a number</source>
        <translation>一个矩形缺少一个数</translation>
    </message>
    <message>
        <source>a region has no label</source>
        <translation>一个区域没有标签</translation>
    </message>
    <message>
        <source>a region labelled {0} encloses nothing that could be labelled</source>
        <translation>标签为 {0} 的区域没有围住任何可标注的内容</translation>
    </message>
    <message>
        <source>a region was drawn while the image was turned, which cannot be read</source>
        <translation>一个区域是在图像旋转后绘制的，无法读取</translation>
    </message>
    <message>
        <source>a scribble has at least one point</source>
        <translation>涂鸦至少要有一个点</translation>
    </message>
    <message>
        <source>a shape of the kind {0} encloses nothing that could be labelled</source>
        <translation>类型为 {0} 的形状没有围住任何可标注的内容</translation>
    </message>
    <message>
        <source>a size is a number from 32 to 8192 or HEIGHTxWIDTH, not {0}</source>
        <translation>大小应为 32 到 8192 的数或 高x宽，而不是 {0}</translation>
    </message>
    <message>
        <source>a standard deviation of {0} is too small for this image</source>
        <translation>标准差 {0} 对这幅图像来说太小</translation>
    </message>
    <message>
        <source>a tag is a class id, not {0}</source>
        <translation>标签应为类别编号，而不是 {0}</translation>
    </message>
    <message>
        <source>a team needs at least one device and one machine, not {0} and {1}</source>
        <translation>至少需要一个设备和一台机器，而不是 {0} 和 {1}</translation>
    </message>
    <message>
        <source>a tile must be at least {0} pixels wide, not {1}</source>
        <translation>图块宽度至少为 {0} 像素，而不是 {1}</translation>
    </message>
    <message>
        <source>a {0} encloses nothing that could be labelled</source>
        <translation>一个 {0} 没有围住任何可标注的内容</translation>
    </message>
    <message>
        <source>all cases of a data set have the same channels, but {0}</source>
        <translation>数据集中所有病例的通道必须相同，但{0}</translation>
    </message>
    <message>
        <source>all classes that are drawn are said to be absent from slice {0}</source>
        <translation>所有画过的类别都被标记为不在切片 {0} 中</translation>
    </message>
    <message>
        <source>an annotation has no label of the data set ({0})</source>
        <translation>一个标注没有数据集中的标签（{0}）</translation>
    </message>
    <message>
        <source>an annotation of the kind {0} encloses nothing that could be labelled</source>
        <translation>类型为 {0} 的标注没有围住任何可标注的内容</translation>
    </message>
    <message>
        <source>an ellipse lacks a number</source>
        <translation>一个椭圆缺少一个数</translation>
    </message>
    <message>
        <source>an image has no name</source>
        <translation>一幅图像没有名称</translation>
    </message>
    <message>
        <source>an image has the shape (H, W) or (H, W, C) and at least one pixel, not {0}</source>
        <translation>图像形状应为 (H, W) 或 (H, W, C) 且至少有一个像素，而不是 {0}</translation>
    </message>
    <message>
        <source>an image holds integers or floats, not {0}</source>
        <translation>图像应为整数或浮点数，而不是 {0}</translation>
    </message>
    <message>
        <source>an image needs --boxes and -o</source>
        <translation>图像需要 --boxes 和 -o</translation>
    </message>
    <message>
        <source>an image needs --scribbles and -o; --through and --alone are for projects</source>
        <translation>图像需要 --scribbles 和 -o；--through 与 --alone 只用于项目</translation>
    </message>
    <message>
        <source>an image of shape {0} cannot be used</source>
        <translation>形状为 {0} 的图像无法使用</translation>
    </message>
    <message>
        <source>an image of shape {0} does not have the spacing {1}</source>
        <translation>形状为 {0} 的图像与间距 {1} 不符</translation>
    </message>
    <message>
        <source>an image of {0}x{1} pixels is predicted in pieces, where neither a CRF nor cleaning can see it as a whole; predict it without them</source>
        <translation>{0}x{1} 像素的图像需分块预测，CRF 和清理无法看到整体；请不使用它们进行预测</translation>
    </message>
    <message>
        <source>an item has no image</source>
        <translation>一个条目没有图像</translation>
    </message>
    <message>
        <source>an object has no box inside the image</source>
        <translation>有一个对象在图像内没有框</translation>
    </message>
    <message>
        <source>an object of the kind {0} encloses nothing that could be labelled</source>
        <translation>类型为 {0} 的对象没有围住任何可标注的内容</translation>
    </message>
    <message>
        <source>another import into this project is under way; try again later</source>
        <translation>另一个导入正在写入此项目；请稍后再试</translation>
    </message>
    <message>
        <source>another process of this run ended early; run it again with --resume</source>
        <translation>本次运行的另一个进程提前结束；请加 --resume 重新运行</translation>
    </message>
    <message>
        <source>another program is writing to this project; try again</source>
        <translation>另一个程序正在写入此项目；请重试</translation>
    </message>
    <message>
        <source>bisenetv2: width must be at least 1, not {0}</source>
        <translation>bisenetv2：width 至少为 1，而不是 {0}</translation>
    </message>
    <message>
        <source>box {0} holds no superpixel</source>
        <translation>第 {0} 个方框内没有超像素</translation>
    </message>
    <message>
        <source>box {0} holds superpixels that do not exist or are of several images</source>
        <translation>第 {0} 个方框包含不存在的或属于多幅图像的超像素</translation>
    </message>
    <message>
        <source>box {0} is (class, x0, y0, x1, y1), not {1}</source>
        <translation>第 {0} 个方框应为 (class, x0, y0, x1, y1)，而不是 {1}</translation>
    </message>
    <message>
        <source>box {0} is not of the form {&quot;class&quot;: 1, &quot;box&quot;: [x0, y0, x1, y1]}</source>
        <translation>第 {0} 个方框的格式应为 {&quot;class&quot;: 1, &quot;box&quot;: [x0, y0, x1, y1]}</translation>
    </message>
    <message>
        <source>box {0} {1} has no size: x1 and y1 lie beyond x0 and y0</source>
        <translation>第 {0} 个方框 {1} 没有大小：x1、y1 须大于 x0、y0</translation>
    </message>
    <message>
        <source>box {0} {1} lies outside the image of {2} x {3} pixels</source>
        <translation>第 {0} 个方框 {1} 在 {2} x {3} 像素的图像之外</translation>
    </message>
    <message>
        <source>box {0}: class and corners are whole numbers</source>
        <translation>第 {0} 个方框：类别和角点须为整数</translation>
    </message>
    <message>
        <source>boxes and polygons cannot be merged with each other: select one kind</source>
        <translation>方框和多边形不能互相合并：请只选择其中一种</translation>
    </message>
    <message>
        <source>boxes have the form [{&quot;class&quot;: 1, &quot;box&quot;: [x0, y0, x1, y1]}, ...]</source>
        <translation>方框的格式为 [{&quot;class&quot;: 1, &quot;box&quot;: [x0, y0, x1, y1]}, ...]</translation>
    </message>
    <message>
        <source>boxes on {0} pixels do not fit scores of {1}</source>
        <translation>{0} 像素上的方框与 {1} 的得分不符</translation>
    </message>
    <message>
        <source>centre is a probability between 0.5 and 1, not {0}</source>
        <translation>centre 应为 0.5 到 1 之间的概率，而不是 {0}</translation>
    </message>
    <message>
        <source>choose a layout at least: voc, coco, yolo or nnunet</source>
        <translation>请至少选择一种布局：voc、coco、yolo 或 nnunet</translation>
    </message>
    <message>
        <source>choose an instance first</source>
        <translation>请先选择一个实例</translation>
    </message>
    <message>
        <source>choose two instances or more to merge</source>
        <translation>请选择两个或更多实例进行合并</translation>
    </message>
    <message>
        <source>class id {0} is not in 0..{1} (255 means unlabelled)</source>
        <translation>类别编号 {0} 不在 0..{1} 之间（255 表示未标注）</translation>
    </message>
    <message>
        <source>class ids of scribbles lie in 0..65535</source>
        <translation>涂鸦的类别编号须在 0..65535 之间</translation>
    </message>
    <message>
        <source>class {0} has a size, but the tags say that it is absent</source>
        <translation>类别 {0} 给出了尺寸，但标签说明它不存在</translation>
    </message>
    <message>
        <source>class {0} has no name</source>
        <translation>类别 {0} 没有名称</translation>
    </message>
    <message>
        <source>class {0} has no row in scores of {1} classes</source>
        <translation>类别 {0} 不在 {1} 个类别的得分之中</translation>
    </message>
    <message>
        <source>class {0} is drawn on slice {1} and said to be absent from it</source>
        <translation>类别 {0} 画在切片 {1} 上，却又被标记为不在其中</translation>
    </message>
    <message>
        <source>class {0} is drawn, but the probabilities know only {1} classes</source>
        <translation>画有类别 {0}，但概率图只有 {1} 个类别</translation>
    </message>
    <message>
        <source>class {0} is not one of the {1} classes to learn</source>
        <translation>类别 {0} 不在要学习的 {1} 个类别之中</translation>
    </message>
    <message>
        <source>class {0} is tagged as present and as absent in the same image</source>
        <translation>同一图像中类别 {0} 既被标为存在又被标为不存在</translation>
    </message>
    <message>
        <source>class {0} of a box has no row in probabilities of {1} classes</source>
        <translation>方框的类别 {0} 不在 {1} 个类别的概率图之中</translation>
    </message>
    <message>
        <source>class {0}: {1} is not a colour</source>
        <translation>类别 {0}：{1} 不是颜色</translation>
    </message>
    <message>
        <source>classes are a list of names, or of entries with id and name</source>
        <translation>类别应为名称列表，或含 id 与 name 的条目列表</translation>
    </message>
    <message>
        <source>classes are said to be absent from slice {0}; there are {1}</source>
        <translation>指定了切片 {0} 中不存在的类别；共有 {1} 个切片</translation>
    </message>
    <message>
        <source>classes are said to be absent from slices of a volume, not from an image</source>
        <translation>“不存在的类别”只能针对体数据的切片指定，不能针对单幅图像</translation>
    </message>
    <message>
        <source>clustering needs a regularisation above 0 and at least one iteration</source>
        <translation>聚类的正则化须大于 0，且至少迭代一次</translation>
    </message>
    <message>
        <source>clustering needs at least one class</source>
        <translation>聚类至少需要一个类别</translation>
    </message>
    <message>
        <source>constants are &apos;unit&apos; or &apos;paper&apos;, not {0}</source>
        <translation>constants 应为 &apos;unit&apos; 或 &apos;paper&apos;，而不是 {0}</translation>
    </message>
    <message>
        <source>deeplabv2: rates must be a list of positive whole numbers, not {0}</source>
        <translation>deeplabv2：rates 应为正整数列表，而不是 {0}</translation>
    </message>
    <message>
        <source>dinolinear: layers must be a whole number from 1 to {0}, not {1}</source>
        <translation>dinolinear：layers 应为 1 到 {0} 的整数，而不是 {1}</translation>
    </message>
    <message>
        <source>draw a box around each object first: there is nothing to propagate</source>
        <translation>请先框住每个物体：没有可传播的内容</translation>
    </message>
    <message>
        <source>draw a stroke for each class first: there is nothing to propagate</source>
        <translation>请先为每个类别画一笔：没有可传播的内容</translation>
    </message>
    <message>
        <source>draw strokes of two classes or more, on any slices: there is nothing to propagate</source>
        <translation>请先在任意切片上画出至少两个类别的笔画：没有可传播的内容</translation>
    </message>
    <message>
        <source>edges need a weight of 0 or more, a reach and contrast above 0, and a trust from 0.5 to below 1</source>
        <translation>边缘的权重须不小于 0，范围和对比度须大于 0，信任度须不小于 0.5 且小于 1</translation>
    </message>
    <message>
        <source>entry {0} needs a whole number as id and a text as name</source>
        <translation>第 {0} 项需要整数编号和文字名称</translation>
    </message>
    <message>
        <source>eomt: blocks must be a whole number from 1 to {0}, not {1}</source>
        <translation>eomt：blocks 应为 1 到 {0} 的整数，而不是 {1}</translation>
    </message>
    <message>
        <source>every node of a graph cut needs a label of finite cost, and no cost may be NaN</source>
        <translation>图割的每个节点都需要一个代价有限的标签，且代价不能是 NaN</translation>
    </message>
    <message>
        <source>every part of the network is frozen; there is nothing to train</source>
        <translation>网络的所有部分都已冻结，没有可训练的内容</translation>
    </message>
    <message>
        <source>fcn32s: nobody serves weights for caffenet; choose alexnet, or load a file</source>
        <translation>fcn32s：没有公开的 caffenet 权重；请选择 alexnet 或载入文件</translation>
    </message>
    <message>
        <source>fcn32s: width and fc_width belong to the backbone vgg16, not to {0}</source>
        <translation>fcn32s：width 和 fc_width 只用于主干 vgg16，不用于 {0}</translation>
    </message>
    <message>
        <source>fcn{0}s: pretrained weights are for width {1} and fc_width {2}, not {3} and {4}</source>
        <translation>fcn{0}s：预训练权重对应 width {1} 和 fc_width {2}，而不是 {3} 和 {4}</translation>
    </message>
    <message>
        <source>features are finite; some are NaN or infinite</source>
        <translation>特征须为有限数；有的是 NaN 或无穷大</translation>
    </message>
    <message>
        <source>features are numbers of shape (n, d), not {0} {1}</source>
        <translation>特征应为形状 (n, d) 的数值，而不是 {0} {1}</translation>
    </message>
    <message>
        <source>felzenszwalb needs scale and sigma of 0 or more and a min_size of at least 1</source>
        <translation>felzenszwalb 的 scale 和 sigma 须不小于 0，min_size 至少为 1</translation>
    </message>
    <message>
        <source>filling boxes needs a softness of {0} or more and colours of 0 or more</source>
        <translation>填充方框需要不小于 {0} 的柔和度和不小于 0 的颜色权重</translation>
    </message>
    <message>
        <source>fold {0} has cases {1}: {2}</source>
        <translation>第 {0} 折含有{1}的病例：{2}</translation>
    </message>
    <message>
        <source>give a project, or --images with --masks</source>
        <translation>请给出一个项目，或同时给出 --images 和 --masks</translation>
    </message>
    <message>
        <source>guessing needs class 0, the background, among the classes; there are {0}</source>
        <translation>推测需要类别中有 0（背景）；现有 {0}</translation>
    </message>
    <message>
        <source>images that were found are in the project already</source>
        <translation>找到的图像已在项目中</translation>
    </message>
    <message>
        <source>instance {0} has no class</source>
        <translation>实例 {0} 没有类别</translation>
    </message>
    <message>
        <source>instance {0} is in one piece: erase a line through it first</source>
        <translation>实例 {0} 是一整块：请先擦出一条分割线</translation>
    </message>
    <message>
        <source>instances of different classes cannot be merged: give them one class first</source>
        <translation>不同类别的实例不能合并：请先统一类别</translation>
    </message>
    <message>
        <source>it covers a part of its image only; the rest stays unlabelled</source>
        <translation>它只覆盖图像的一部分；其余部分保持未标注</translation>
    </message>
    <message>
        <source>it declares a document type or entities, which are refused for safety</source>
        <translation>它声明了文档类型或实体，出于安全考虑被拒绝</translation>
    </message>
    <message>
        <source>it exists already</source>
        <translation>已经存在</translation>
    </message>
    <message>
        <source>it gives the class {0}, but only {1} classes are named</source>
        <translation>它输出类别 {0}，但只给出了 {1} 个类别名称</translation>
    </message>
    <message>
        <source>it has more objects than a label map can tell apart</source>
        <translation>它的对象多于标签图所能区分的数量</translation>
    </message>
    <message>
        <source>it has more than 1000 colours: this is a picture and not a mask</source>
        <translation>它有超过 1000 种颜色：这是图片而不是掩膜</translation>
    </message>
    <message>
        <source>it has no category</source>
        <translation>它没有类别</translation>
    </message>
    <message>
        <source>it has no classTitle</source>
        <translation>它没有 classTitle</translation>
    </message>
    <message>
        <source>it has no column of images; its columns are {0}</source>
        <translation>没有图像列；现有的列为 {0}</translation>
    </message>
    <message>
        <source>it has no label</source>
        <translation>它没有标签</translation>
    </message>
    <message>
        <source>it has no labelled image in common with {0}</source>
        <translation>它与 {0} 没有共同的已标注图像</translation>
    </message>
    <message>
        <source>it has no mask</source>
        <translation>它没有掩膜</translation>
    </message>
    <message>
        <source>it has no time points but its image has; it is taken for the first of them</source>
        <translation>标签没有时间点而图像有；将其视为第一个时间点</translation>
    </message>
    <message>
        <source>it has no {0}; choose {1}</source>
        <translation>它没有 {0}；请选择 {1}</translation>
    </message>
    <message>
        <source>it has {0} time points but its image has {1}</source>
        <translation>它有 {0} 个时间点，而图像有 {1} 个</translation>
    </message>
    <message>
        <source>it holds class {0}, but the classes are {1}</source>
        <translation>其中含有类别 {0}，但现有类别为 {1}</translation>
    </message>
    <message>
        <source>it holds class {0}, which the project does not have</source>
        <translation>其中含有类别 {0}，但项目中没有此类别</translation>
    </message>
    <message>
        <source>it holds colours that no class has</source>
        <translation>其中有不属于任何类别的颜色</translation>
    </message>
    <message>
        <source>it holds no list of folds, each with the names to train and to validate on</source>
        <translation>其中没有折的列表（每折列出训练和验证的名称）</translation>
    </message>
    <message>
        <source>it holds no tasks of Label Studio; choose {0}</source>
        <translation>其中没有 Label Studio 的任务；请选择{0}</translation>
    </message>
    <message>
        <source>it holds program code besides weights, which is never run; save the bare state_dict instead</source>
        <translation>除权重外还含有程序代码，绝不会运行；请改为只保存 state_dict</translation>
    </message>
    <message>
        <source>it holds values of places on a surface (CIFTI), no image</source>
        <translation>其中是曲面上各点的数值（CIFTI），不是图像</translation>
    </message>
    <message>
        <source>it holds values that are no class: {0}</source>
        <translation>其中有不是类别的值：{0}</translation>
    </message>
    <message>
        <source>it holds {0}, which is no class id; are these instances?</source>
        <translation>它含有 {0}，这不是类别编号；这些是实例吗？</translation>
    </message>
    <message>
        <source>it is damaged, or of another version of torch</source>
        <translation>文件已损坏，或来自其他版本的 torch</translation>
    </message>
    <message>
        <source>it is damaged: its tensor {0} is not as its {1} needs it</source>
        <translation>文件已损坏：张量 {0} 与它的 {1} 不符</translation>
    </message>
    <message>
        <source>it is damaged; delete it to have it measured again</source>
        <translation>文件已损坏；删除后将重新测量</translation>
    </message>
    <message>
        <source>it is for {0}x{1} pixels, but the image is {2}x{3}</source>
        <translation>它对应 {0}x{1} 像素，但图像为 {2}x{3}</translation>
    </message>
    <message>
        <source>it is no model that OpenVINO reads, or a damaged one</source>
        <translation>这不是 OpenVINO 能读取的模型，或已损坏</translation>
    </message>
    <message>
        <source>it is no segmentation model: for an image of {0}x{1} it gives {2}</source>
        <translation>它不是分割模型：对 {0}x{1} 的图像输出 {2}</translation>
    </message>
    <message>
        <source>it is not a tuned scribble model</source>
        <translation>这不是调优后的涂鸦模型</translation>
    </message>
    <message>
        <source>it is not here, and there is no connection to {0}; fetch {1} elsewhere and put the file at this place</source>
        <translation>文件不在这里，且无法连接 {0}；请在别处下载 {1} 并放到此位置</translation>
    </message>
    <message>
        <source>it is not of the size {0}x{1} of its image</source>
        <translation>它的大小与图像的 {0}x{1} 不符</translation>
    </message>
    <message>
        <source>it is not the state of a stopped run, or is damaged</source>
        <translation>这不是已停止的训练的状态文件，或已损坏</translation>
    </message>
    <message>
        <source>it is not {0}: its tensor {1} is missing</source>
        <translation>它不是 {0}：缺少张量 {1}</translation>
    </message>
    <message>
        <source>it is open in a window, or another command is changing it</source>
        <translation>它在某个窗口中打开着，或另一个命令正在修改它</translation>
    </message>
    <message>
        <source>it is truncated or damaged</source>
        <translation>文件不完整或已损坏</translation>
    </message>
    <message>
        <source>it lists no classes with titles</source>
        <translation>它没有列出带标题的类别</translation>
    </message>
    <message>
        <source>it lists no objects with name and name_ndx</source>
        <translation>其中没有列出带 name 和 name_ndx 的对象</translation>
    </message>
    <message>
        <source>it refuses an image of {0}</source>
        <translation>它拒绝 {0} 的图像</translation>
    </message>
    <message>
        <source>it tells fractions; pixels of {0} and more are taken as a whole</source>
        <translation>它给出的是比例；达到 {0} 及以上的像素按整个像素计入</translation>
    </message>
    <message>
        <source>it was tuned with another version of the cues</source>
        <translation>它是用另一版本的线索调优的</translation>
    </message>
    <message>
        <source>its JSON files have no {0}; choose {1}</source>
        <translation>其中的 JSON 文件没有 {0}；请选择 {1}</translation>
    </message>
    <message>
        <source>its bitmap is damaged</source>
        <translation>其位图已损坏</translation>
    </message>
    <message>
        <source>its compression is not supported, or it is corrupt ({0})</source>
        <translation>不支持其压缩方式，或文件已损坏（{0}）</translation>
    </message>
    <message>
        <source>its description is damaged</source>
        <translation>其说明已损坏</translation>
    </message>
    <message>
        <source>its description of itself is damaged</source>
        <translation>其自身的描述已损坏</translation>
    </message>
    <message>
        <source>its description tells of {0} pages, of which some are missing</source>
        <translation>文件说明有 {0} 页，但缺少其中一部分</translation>
    </message>
    <message>
        <source>its embedded image is damaged</source>
        <translation>其中嵌入的图像已损坏</translation>
    </message>
    <message>
        <source>its first convolution {0} is for {1} channels, the network has {2}; adapt the first convolution (adapt_input) to load it</source>
        <translation>它的第一个卷积 {0} 用于 {1} 个通道，网络有 {2} 个；要载入它请适配第一个卷积 (adapt_input)</translation>
    </message>
    <message>
        <source>its format cannot be told from its files; say which it is</source>
        <translation>无法根据文件判断其格式；请指明格式</translation>
    </message>
    <message>
        <source>its frames come to the same places several times; no segmentation tells these</source>
        <translation>其各帧多次回到相同位置；DICOM 分割无法区分</translation>
    </message>
    <message>
        <source>its header lacks {0}, which a DICOM segmentation needs</source>
        <translation>其文件头缺少 DICOM 分割所需的 {0}</translation>
    </message>
    <message>
        <source>its height and width are no sizes</source>
        <translation>它的高和宽不是有效大小</translation>
    </message>
    <message>
        <source>its image is missing</source>
        <translation>它的图像缺失</translation>
    </message>
    <message>
        <source>its image is only embedded; say with the option extract where to write it</source>
        <translation>它的图像只嵌在文件中；请用选项 extract 指定写出的位置</translation>
    </message>
    <message>
        <source>its images are inside; say with the option extract where to write them</source>
        <translation>图像内嵌在文件中；请用选项 extract 指明写入位置</translation>
    </message>
    <message>
        <source>its input has {0} dimensions where an image needs four (N, C, H, W)</source>
        <translation>其输入有 {0} 维，而图像需要四维 (N, C, H, W)</translation>
    </message>
    <message>
        <source>its input is of type {0}, which no image is</source>
        <translation>其输入类型为 {0}，不是图像类型</translation>
    </message>
    <message>
        <source>its labels are {0}</source>
        <translation>它的标签是 {0}</translation>
    </message>
    <message>
        <source>its layer {0} is for other classes: it is {1}, and {2} classes need {3}; re-initialise the head (reset_head) to load it</source>
        <translation>其层 {0} 用于其他类别：形状为 {1}，而 {2} 个类别需要 {3}；请重新初始化输出层（reset_head）后载入</translation>
    </message>
    <message>
        <source>its layer {0} is {1}, the network&apos;s is {2}; it belongs to another network, or to one built with other options</source>
        <translation>它的层 {0} 为 {1}，而网络的为 {2}；它属于另一个网络，或是以其他选项构建的网络</translation>
    </message>
    <message>
        <source>its mask is damaged</source>
        <translation>其掩膜已损坏</translation>
    </message>
    <message>
        <source>its mask is {0} pixels but its corners are for {1}</source>
        <translation>其掩膜为 {0} 像素，而其角点对应 {1}</translation>
    </message>
    <message>
        <source>its names are neither a list nor numbered</source>
        <translation>它的名称既不是列表也没有编号</translation>
    </message>
    <message>
        <source>its network cannot be built here: {0}</source>
        <translation>无法在此构建其网络：{0}</translation>
    </message>
    <message>
        <source>its pages are of different sizes, which no volume can be</source>
        <translation>各页大小不同，无法组成体数据</translation>
    </message>
    <message>
        <source>its pixels are complex numbers or of a type that is not supported</source>
        <translation>其像素为复数或不受支持的类型</translation>
    </message>
    <message>
        <source>its points are no pairs of numbers</source>
        <translation>其点不是成对的数</translation>
    </message>
    <message>
        <source>its pretrained weights cannot be fetched ({0}); connect to the network once, or build the network without pretrained weights</source>
        <translation>无法获取其预训练权重（{0}）；请联网一次，或不使用预训练权重构建网络</translation>
    </message>
    <message>
        <source>its rectangle has no two corners</source>
        <translation>其矩形没有两个角点</translation>
    </message>
    <message>
        <source>its segments share {0}; the latter is taken there</source>
        <translation>其分割有重叠（{0}）；重叠处采用后者</translation>
    </message>
    <message>
        <source>its size {0} is not that of the slice {1}</source>
        <translation>其大小 {0} 与切片的大小 {1} 不符</translation>
    </message>
    <message>
        <source>its voxels are complex numbers, which are not supported</source>
        <translation>其体素为复数，不受支持</translation>
    </message>
    <message>
        <source>labels of a slice are (H, W), not {0}</source>
        <translation>切片的标签应为 (H, W)，而不是 {0}</translation>
    </message>
    <message>
        <source>labels of size {0} do not fit a region of size {1}</source>
        <translation>大小为 {0} 的标签与大小为 {1} 的区域不符</translation>
    </message>
    <message>
        <source>labels of {0} superpixels are given, but there are {1}</source>
        <translation>给出了 {0} 个超像素的标签，但共有 {1} 个</translation>
    </message>
    <message>
        <source>line 1: its columns are not called Idx and Name</source>
        <translation>第 1 行：列名不是 Idx 和 Name</translation>
    </message>
    <message>
        <source>line {0}: it lacks a number or a name</source>
        <translation>第 {0} 行：缺少编号或名称</translation>
    </message>
    <message>
        <source>line {0}: it lacks the number, the level or the name of an object</source>
        <translation>第 {0} 行：缺少对象的编号、层级或名称</translation>
    </message>
    <message>
        <source>line {0}: this is not JSON ({1})</source>
        <translation>第 {0} 行：不是 JSON（{1}）</translation>
    </message>
    <message>
        <source>line {0}: {1}</source>
        <translation>第 {0} 行：{1}</translation>
    </message>
    <message>
        <source>maskrcnn: {0} must be a whole number from {1} up, not {2}</source>
        <translation>maskrcnn：{0} 应为不小于 {1} 的整数，而不是 {2}</translation>
    </message>
    <message>
        <source>memory ran out; train with a smaller crop, batch or network</source>
        <translation>内存不足；请减小裁块、批量或换用更小的网络</translation>
    </message>
    <message>
        <source>models end in {0}</source>
        <translation>模型文件以 {0} 结尾</translation>
    </message>
    <message>
        <source>n_segments is a number of superpixels, at least 1, not {0}</source>
        <translation>n_segments 是超像素的数量，至少为 1，而不是 {0}</translation>
    </message>
    <message>
        <source>neither the second nor the last dimension of its input are channels</source>
        <translation>其输入的第二维和最后一维都不是通道</translation>
    </message>
    <message>
        <source>nnU-Net reads images from its own folders only; copy them</source>
        <translation>nnU-Net 只从自己的文件夹读取图像；请复制图像</translation>
    </message>
    <message>
        <source>no DICOM segmentation can be made of its headers ({0})</source>
        <translation>无法根据其文件头生成 DICOM 分割（{0}）</translation>
    </message>
    <message>
        <source>no classes are named; name a preset, a JSON file, or the classes with commas</source>
        <translation>没有给出类别；请给出预设名、JSON 文件，或用逗号分隔的类别名</translation>
    </message>
    <message>
        <source>no image has boxes or tags to guess from; train with full masks or strokes</source>
        <translation>没有图像带有可供推测的框或标签；请用完整掩膜或涂鸦训练</translation>
    </message>
    <message>
        <source>no image has strokes of two classes, or boxes: there is nothing to fill</source>
        <translation>没有图像含有两个类别的涂鸦或框：没有可填充的内容</translation>
    </message>
    <message>
        <source>no image in {0} has a mask of the same name in {1}</source>
        <translation>{0} 中没有图像在 {1} 中有同名掩膜</translation>
    </message>
    <message>
        <source>no image in {0} has {1} in {2}</source>
        <translation>{0} 中没有图像在 {2} 里有 {1}</translation>
    </message>
    <message>
        <source>no image is labelled yet: label at least one, or propagate your strokes, then train</source>
        <translation>还没有已标注的图像：请至少标注一张，或传播您的笔画，然后再训练</translation>
    </message>
    <message>
        <source>no slice has strokes of two classes; draw both on one slice to begin with</source>
        <translation>没有任何切片画有两个类别；请先在同一切片上画出两者</translation>
    </message>
    <message>
        <source>no such file or folder</source>
        <translation>没有这个文件或文件夹</translation>
    </message>
    <message>
        <source>nobody has said anything of an image yet: draw strokes or boxes, or tag images, then train</source>
        <translation>尚无任何图像标注：请先画涂鸦或框，或为图像添加标签，再训练</translation>
    </message>
    <message>
        <source>none of its tensors belongs to {0}</source>
        <translation>其中没有属于 {0} 的张量</translation>
    </message>
    <message>
        <source>not a JSON file ({0})</source>
        <translation>不是 JSON 文件（{0}）</translation>
    </message>
    <message>
        <source>object {0}: {1}</source>
        <translation>对象 {0}：{1}</translation>
    </message>
    <message>
        <source>only the class {0} is labelled; a network needs pixels of at least two classes</source>
        <translation>只标注了类别 {0}；网络至少需要两个类别的像素</translation>
    </message>
    <message>
        <source>outline a class on two slices that have others between them: there is nothing to interpolate</source>
        <translation>请在中间隔有其他切片的两张切片上勾画同一类别：目前没有可插值的内容</translation>
    </message>
    <message>
        <source>permission denied</source>
        <translation>没有权限</translation>
    </message>
    <message>
        <source>predicting with {0} needs {1}: {2}</source>
        <translation>用 {0} 预测需要 {1}：{2}</translation>
    </message>
    <message>
        <source>presence is a share of the image between 0 and 1, not {0}</source>
        <translation>出现比例应为图像的 0 到 1 之间的份额，而不是 {0}</translation>
    </message>
    <message>
        <source>probabilities are (K, {0}) for this image, not {1}</source>
        <translation>对这幅图像，概率图应为 (K, {0})，而不是 {1}</translation>
    </message>
    <message>
        <source>probabilities are (K, {0}, {1}), not {2}</source>
        <translation>概率图应为 (K, {0}, {1})，而不是 {2}</translation>
    </message>
    <message>
        <source>probabilities are finite and not negative</source>
        <translation>概率须为有限的非负数</translation>
    </message>
    <message>
        <source>probabilities are numbers of shape (K, H, W), not {0} {1}</source>
        <translation>概率应为形状 (K, H, W) 的数值，而不是 {0} {1}</translation>
    </message>
    <message>
        <source>probabilities are numbers, not {0}</source>
        <translation>概率应为数值，而不是 {0}</translation>
    </message>
    <message>
        <source>probabilities have the shape (K, H, W) with {0}, not {1}</source>
        <translation>概率图的形状应为 (K, H, W)，其中 {0}，而不是 {1}</translation>
    </message>
    <message>
        <source>probabilities have the shape (K, H, W), not {0}</source>
        <translation>概率的形状应为 (K, H, W)，而不是 {0}</translation>
    </message>
    <message>
        <source>probabilities of a volume have the shape (D, K, H, W) with {0}, not {1}</source>
        <translation>体数据的概率形状应为 (D, K, H, W)，其中 {0}，而不是 {1}</translation>
    </message>
    <message>
        <source>provenance of size {0} does not fit labels of size {1}</source>
        <translation>大小为 {0} 的来源图与大小为 {1} 的标签不符</translation>
    </message>
    <message>
        <source>pspnet: bins must be a list of positive whole numbers, not {0}</source>
        <translation>pspnet：bins 应为正整数列表，而不是 {0}</translation>
    </message>
    <message>
        <source>pspnet: dropout must be at least 0 and below 1, not {0}</source>
        <translation>pspnet：dropout 应不小于 0 且小于 1，而不是 {0}</translation>
    </message>
    <message>
        <source>refinenet: width must be a whole number from 1 up, not {0}</source>
        <translation>refinenet：width 应为不小于 1 的整数，而不是 {0}</translation>
    </message>
    <message>
        <source>rounds of filling and learning run in one process</source>
        <translation>填充与学习的轮次只能在一个进程中运行</translation>
    </message>
    <message>
        <source>row {0} has no image</source>
        <translation>第 {0} 行没有图像</translation>
    </message>
    <message>
        <source>row {0}: {1}</source>
        <translation>第 {0} 行：{1}</translation>
    </message>
    <message>
        <source>say which data set to import: a file or a folder</source>
        <translation>请指定要导入的数据集：文件或文件夹</translation>
    </message>
    <message>
        <source>say with -o which folder the masks go to</source>
        <translation>请用 -o 指明掩膜写到哪个文件夹</translation>
    </message>
    <message>
        <source>scales are numbers with commas, such as 0.75,1,1.25, not {0}</source>
        <translation>尺度是以逗号分隔的数字，例如 0.75,1,1.25，而不是 {0}</translation>
    </message>
    <message>
        <source>scales lie above 0 and up to 8, not {0}</source>
        <translation>尺度应大于 0 且不超过 8，而不是 {0}</translation>
    </message>
    <message>
        <source>scores are finite numbers of shape (K, H, W)</source>
        <translation>得分应为形状 (K, H, W) 的有限数</translation>
    </message>
    <message>
        <source>scribbles are class ids with 255 where nothing is drawn, not true and false</source>
        <translation>涂鸦应为类别编号，未画处为 255，而不是真假值</translation>
    </message>
    <message>
        <source>scribbles are whole class ids, not {0}</source>
        <translation>涂鸦应为整数类别编号，而不是 {0}</translation>
    </message>
    <message>
        <source>scribbles are whole class ids; some values are fractions or not finite</source>
        <translation>涂鸦应为整数类别编号；有的值是小数或不是有限数</translation>
    </message>
    <message>
        <source>segment ids are integers, not {0}</source>
        <translation>分段编号应为整数，而不是 {0}</translation>
    </message>
    <message>
        <source>segment ids lie in 0..{0}</source>
        <translation>分段编号应在 0..{0} 之间</translation>
    </message>
    <message>
        <source>segment ids lie in 0..{0}, not {1}..{2}</source>
        <translation>分段编号应在 0..{0} 之间，而不是 {1}..{2}</translation>
    </message>
    <message>
        <source>segnet: pretrained weights are for width {0}, not {1}</source>
        <translation>segnet：预训练权重对应 width {0}，而不是 {1}</translation>
    </message>
    <message>
        <source>select shapes first that are no instances yet</source>
        <translation>请先选择尚不属于任何实例的形状</translation>
    </message>
    <message>
        <source>select the shapes of an object first</source>
        <translation>请先选择一个对象的各个形状</translation>
    </message>
    <message>
        <source>select two shapes or more to merge them</source>
        <translation>请选择两个或更多形状进行合并</translation>
    </message>
    <message>
        <source>several processes compute on cpu or cuda, not on {0}</source>
        <translation>多进程只能在 cpu 或 cuda 上计算，而不是 {0}</translation>
    </message>
    <message>
        <source>shape {0}: {1}</source>
        <translation>形状 {0}：{1}</translation>
    </message>
    <message>
        <source>shapes of different classes cannot become one: give them one class first</source>
        <translation>不同类别的形状不能合为一个：请先给它们同一个类别</translation>
    </message>
    <message>
        <source>slack is zero or more, not {0}</source>
        <translation>松弛量须不小于零，而不是 {0}</translation>
    </message>
    <message>
        <source>slice {0}: {1}</source>
        <translation>切片 {0}：{1}</translation>
    </message>
    <message>
        <source>smoothness is a number of 0 or more, not {0}</source>
        <translation>平滑度应为不小于 0 的数，而不是 {0}</translation>
    </message>
    <message>
        <source>strokes on a volume are of classes 0 to 254</source>
        <translation>体数据上的涂鸦类别应为 0 到 254</translation>
    </message>
    <message>
        <source>superpixel {0} has class {1}, which tags or boxes rule out there</source>
        <translation>超像素 {0} 的类别为 {1}，但标签或框排除了它</translation>
    </message>
    <message>
        <source>tags and boxes contradict each other: superpixel {0} can have no class</source>
        <translation>标签与框互相矛盾：超像素 {0} 无可用类别</translation>
    </message>
    <message>
        <source>tags and sizes contradict each other: the classes cover at least {0} and at most {1} of the image</source>
        <translation>标签与尺寸互相矛盾：各类别至少占图像的 {0}，至多占 {1}</translation>
    </message>
    <message>
        <source>tags have the form {&quot;image&quot;: [1, 2], ...}</source>
        <translation>标签的格式为 {&quot;image&quot;: [1, 2], ...}</translation>
    </message>
    <message>
        <source>tags, boxes and labels contradict each other: too few superpixels for all that is shown</source>
        <translation>标签、框与标注互相矛盾：超像素太少，无法容纳所有应出现的类别</translation>
    </message>
    <message>
        <source>tasks with several annotations: {0}; the ground truth or the newest is taken</source>
        <translation>有多个标注的任务：{0}；采用真值标注或最新的标注</translation>
    </message>
    <message>
        <source>the background is class {0}, but there are {1} classes</source>
        <translation>背景是类别 {0}，但只有 {1} 个类别</translation>
    </message>
    <message>
        <source>the batch of tiles must be at least 1, not {0}</source>
        <translation>一批图块至少为 1，而不是 {0}</translation>
    </message>
    <message>
        <source>the boundary F1 is one of images (H, W), not of shape {0}</source>
        <translation>边界 F1 只用于 (H, W) 图像，而不是形状 {0}</translation>
    </message>
    <message>
        <source>the box lacks a corner</source>
        <translation>该框缺少一个角点</translation>
    </message>
    <message>
        <source>the box method {0} has no option {1}; it has {2}</source>
        <translation>方框方法 {0} 没有选项 {1}；它有 {2}</translation>
    </message>
    <message>
        <source>the box method {0} needs a network&apos;s probabilities</source>
        <translation>方框方法 {0} 需要网络的概率</translation>
    </message>
    <message>
        <source>the class of box {0} is a whole number, not {1}</source>
        <translation>第 {0} 个方框的类别应为整数，而不是 {1}</translation>
    </message>
    <message>
        <source>the class of box {0} is an id in 0..65535 other than 255, not {1}</source>
        <translation>第 {0} 个方框的类别应为 0..65535 中除 255 以外的编号，而不是 {1}</translation>
    </message>
    <message>
        <source>the class {0} is left out: {1}</source>
        <translation>类别 {0} 被略去：{1}</translation>
    </message>
    <message>
        <source>the class {0} is to become one that goes itself</source>
        <translation>类别 {0} 要变成一个自身也要去除的类别</translation>
    </message>
    <message>
        <source>the class {0} is to go twice</source>
        <translation>类别 {0} 要被去除两次</translation>
    </message>
    <message>
        <source>the colour is not three numbers up to 255</source>
        <translation>颜色不是三个不超过 255 的数</translation>
    </message>
    <message>
        <source>the connection broke off; download again to go on from there</source>
        <translation>连接中断；再次下载将从中断处继续</translation>
    </message>
    <message>
        <source>the corners of box {0} are pixels, not {1}</source>
        <translation>第 {0} 个方框的角点应为像素坐标，而不是 {1}</translation>
    </message>
    <message>
        <source>the demo&apos;s images come with scikit-image; run: pip install scikit-image</source>
        <translation>演示图像随 scikit-image 提供；请运行：pip install scikit-image</translation>
    </message>
    <message>
        <source>the deviations that intensities are divided by must be above 0</source>
        <translation>灰度所除的标准差必须大于 0</translation>
    </message>
    <message>
        <source>the disk is full</source>
        <translation>磁盘已满</translation>
    </message>
    <message>
        <source>the disk quota is used up</source>
        <translation>磁盘配额已用完</translation>
    </message>
    <message>
        <source>the disk reported an error</source>
        <translation>磁盘报告错误</translation>
    </message>
    <message>
        <source>the document is truncated: it ends too soon</source>
        <translation>文档不完整：过早结束</translation>
    </message>
    <message>
        <source>the ellipse lacks a number</source>
        <translation>该椭圆缺少一个数</translation>
    </message>
    <message>
        <source>the exported {0} differs from the network by {1}, so it was not written</source>
        <translation>导出的 {0} 与网络相差 {1}，因此没有写出</translation>
    </message>
    <message>
        <source>the file cannot be opened (missing, or permission denied)</source>
        <translation>无法打开文件（不存在或没有权限）</translation>
    </message>
    <message>
        <source>the file changed while it was being read</source>
        <translation>读取期间文件发生了变化</translation>
    </message>
    <message>
        <source>the file holds no image</source>
        <translation>文件中没有图像</translation>
    </message>
    <message>
        <source>the file holds no video</source>
        <translation>文件中没有视频</translation>
    </message>
    <message>
        <source>the file is corrupt</source>
        <translation>文件已损坏</translation>
    </message>
    <message>
        <source>the file is corrupt (its pages lead back to an earlier one)</source>
        <translation>文件已损坏（页面循环指向前面的页）</translation>
    </message>
    <message>
        <source>the file is corrupt (tiles or strips are missing)</source>
        <translation>文件已损坏（缺少图块或条带）</translation>
    </message>
    <message>
        <source>the file is corrupt ({0})</source>
        <translation>文件已损坏（{0}）</translation>
    </message>
    <message>
        <source>the file is corrupt or truncated</source>
        <translation>文件已损坏或被截断</translation>
    </message>
    <message>
        <source>the file is damaged or no NIfTI</source>
        <translation>文件已损坏或不是 NIfTI</translation>
    </message>
    <message>
        <source>the file is damaged or no NRRD</source>
        <translation>文件已损坏或不是 NRRD</translation>
    </message>
    <message>
        <source>the file is empty (0 bytes)</source>
        <translation>文件为空（0 字节）</translation>
    </message>
    <message>
        <source>the file is truncated: it ends before the image does</source>
        <translation>文件被截断：图像尚未结束文件就结束了</translation>
    </message>
    <message>
        <source>the file is truncated: it ends before the volume does</source>
        <translation>文件被截断：在体数据结束之前就结束了</translation>
    </message>
    <message>
        <source>the file system is read-only</source>
        <translation>文件系统是只读的</translation>
    </message>
    <message>
        <source>the folder holds no COCO documents; choose {0}</source>
        <translation>文件夹中没有 COCO 文档；请选择{0}</translation>
    </message>
    <message>
        <source>the folder holds no JSON files; choose {0}</source>
        <translation>文件夹中没有 JSON 文件；请选择 {0}</translation>
    </message>
    <message>
        <source>the folder holds no data.yaml; choose {0}</source>
        <translation>文件夹中没有 data.yaml；请选择 {0}</translation>
    </message>
    <message>
        <source>the folder holds no label maps; choose {0}</source>
        <translation>文件夹中没有标签图；请选择{0}</translation>
    </message>
    <message>
        <source>the folder holds no masks</source>
        <translation>文件夹中没有掩膜</translation>
    </message>
    <message>
        <source>the folder holds no meta.json; choose {0}</source>
        <translation>文件夹中没有 meta.json；请选择 {0}</translation>
    </message>
    <message>
        <source>the image {0} is missing</source>
        <translation>缺少图像 {0}</translation>
    </message>
    <message>
        <source>the image {0} leads out of the data set</source>
        <translation>图像 {0} 指向数据集之外</translation>
    </message>
    <message>
        <source>the line has neither four numbers for a box nor pairs for a polygon</source>
        <translation>该行既没有框的四个数，也没有多边形的坐标对</translation>
    </message>
    <message>
        <source>the line is not a class and numbers</source>
        <translation>该行不是一个类别加若干数</translation>
    </message>
    <message>
        <source>the mask has no run-length code</source>
        <translation>该掩膜没有游程编码</translation>
    </message>
    <message>
        <source>the points are no pairs of numbers</source>
        <translation>这些点不是成对的数</translation>
    </message>
    <message>
        <source>the points of a polygon are no pairs of numbers</source>
        <translation>一个多边形的点不是成对的数</translation>
    </message>
    <message>
        <source>the project has no class called {0}</source>
        <translation>项目中没有名为 {0} 的类别</translation>
    </message>
    <message>
        <source>the project is open in another window; close it there first</source>
        <translation>该项目已在另一个窗口中打开；请先在那里关闭它</translation>
    </message>
    <message>
        <source>the random walker needs beta and tolerance above 0 and 1 to {0} steps</source>
        <translation>随机游走需要大于 0 的 beta 和容差，以及 1 到 {0} 步</translation>
    </message>
    <message>
        <source>the row has no file_name</source>
        <translation>该行没有 file_name</translation>
    </message>
    <message>
        <source>the run-length code of a mask is damaged</source>
        <translation>一个掩膜的游程编码已损坏</translation>
    </message>
    <message>
        <source>the runs of the mask do not add up to its size</source>
        <translation>该掩膜的游程之和与其大小不符</translation>
    </message>
    <message>
        <source>the scribbles are {0} and the volume is {1}; they must agree</source>
        <translation>涂鸦大小为 {0}，体数据大小为 {1}；两者必须一致</translation>
    </message>
    <message>
        <source>the segments {0} share {1}; the latter is taken there</source>
        <translation>分段 {0} 共有 {1}；该处采用后者</translation>
    </message>
    <message>
        <source>the shape is larger than this image of {0}x{1} pixels</source>
        <translation>该形状比这张 {0}x{1} 像素的图像还大</translation>
    </message>
    <message>
        <source>the slices are of different sizes: nothing lies between them</source>
        <translation>切片大小不同：无法在其间插值</translation>
    </message>
    <message>
        <source>the slices of its series lie in {0} directions or sizes ({1} of each); add the folder to a project to have each as a stack</source>
        <translation>该序列的切片有 {0} 种方向或大小（各 {1} 张）；请将文件夹添加到项目中，以便分别成为一个切片栈</translation>
    </message>
    <message>
        <source>the tags of slice {0} leave none of the classes that are drawn: change one</source>
        <translation>第 {0} 层的标签排除了所有已画的类别：请更改其中之一</translation>
    </message>
    <message>
        <source>the task has no image</source>
        <translation>该任务没有图像</translation>
    </message>
    <message>
        <source>the volume does not lie on the grid of its image (voxels of {0} mm, the image&apos;s {1} mm); resample it to the image first</source>
        <translation>体数据与其图像的网格不一致（体素为 {0} 毫米，图像为 {1} 毫米）；请先重采样到图像</translation>
    </message>
    <message>
        <source>the {0} images {1} are missing or lead out of the data set</source>
        <translation>{0} 的图像 {1} 缺失或指向数据集之外</translation>
    </message>
    <message>
        <source>there are probabilities of {0} slices and the volume has {1}</source>
        <translation>有 {0} 个切片的概率，而体数据有 {1} 个切片</translation>
    </message>
    <message>
        <source>there is no class preset or file called {0}; {1}; {2}</source>
        <translation>没有叫做 {0} 的类别预设或文件；{1}；{2}</translation>
    </message>
    <message>
        <source>there is no class {0} in the names</source>
        <translation>名称列表中没有类别 {0}</translation>
    </message>
    <message>
        <source>there is no room for what was copied: it lies outside of this image or on instances</source>
        <translation>复制的内容没有位置可放：它在本图像之外或与已有实例重叠</translation>
    </message>
    <message>
        <source>there is no trained network yet: train one first, or load a model</source>
        <translation>还没有训练好的网络：请先训练，或加载模型</translation>
    </message>
    <message>
        <source>{0} of {1} images cannot be read and were left out: {2}</source>
        <translation>{1} 幅图像中有 {0} 幅无法读取，已略过：{2}</translation>
    </message>
    <message>
        <source>the folder holds {0}; choose another name</source>
        <translation>文件夹中有{0}；请换个名称</translation>
    </message>
    <message>
        <source>--keep and --forget say opposite things</source>
        <translation>--keep 与 --forget 相互矛盾</translation>
    </message>
    <message>
        <source>--state, --class and --match choose among the images of a project</source>
        <translation>--state、--class 和 --match 用于在项目的图像中选择</translation>
    </message>
    <message>
        <source>GrabCut takes 1 to {0} iterations, not {1}</source>
        <translation>GrabCut 需要 1 到 {0} 次迭代，不是 {1}</translation>
    </message>
    <message>
        <source>SLIC needs a compactness of 0 or more and 1 to {0} iterations</source>
        <translation>SLIC 需要不小于 0 的紧凑度和 1 到 {0} 次迭代</translation>
    </message>
    <message>
        <source>a label map has three axes and perhaps time points, not {0} axes</source>
        <translation>标签图应有三个轴（可另有时间轴），而不是 {0} 个轴</translation>
    </message>
    <message>
        <source>a mask needs -o</source>
        <translation>掩膜需要 -o</translation>
    </message>
    <message>
        <source>geodesic distances need a spatial cost of 0 or more and 1 to {0} rounds</source>
        <translation>测地距离需要不小于 0 的空间代价和 1 到 {0} 轮</translation>
    </message>
    <message>
        <source>nothing is labelled here yet: there is nothing to measure</source>
        <translation>此处尚无标注：没有可测量的内容</translation>
    </message>
    <message>
        <source>nothing tells where the volume lies</source>
        <translation>没有信息说明体数据的位置</translation>
    </message>
    <message>
        <source>the classes were changed in the meantime; nothing was removed</source>
        <translation>在此期间类别已被更改；没有删除任何内容</translation>
    </message>
    <message>
        <source>the emphasis of {0} is a number from 0 to {1}, not {2}</source>
        <translation>{0} 的权重是 0 到 {1} 之间的数，不是 {2}</translation>
    </message>
    <message>
        <source>the file is a damaged DICOM segmentation ({0})</source>
        <translation>该文件是损坏的 DICOM 分割（{0}）</translation>
    </message>
    <message>
        <source>the file is truncated</source>
        <translation>文件不完整</translation>
    </message>
    <message>
        <source>the file is truncated or corrupt: its pixels cannot be read</source>
        <translation>文件被截断或已损坏：无法读取其像素</translation>
    </message>
    <message>
        <source>the folder holds no instanceIds, labelIds or polygons; choose {0}</source>
        <translation>该文件夹中没有 instanceIds、labelIds 或 polygons；请选择{0}</translation>
    </message>
    <message>
        <source>the folder holds no tasks of Label Studio; choose {0}</source>
        <translation>该文件夹中没有 Label Studio 的任务；请选择{0}</translation>
    </message>
    <message>
        <source>the folder no longer holds the DICOM series {0}</source>
        <translation>该文件夹不再包含 DICOM 序列 {0}</translation>
    </message>
    <message>
        <source>the folder or the file is read-only</source>
        <translation>文件夹或文件是只读的</translation>
    </message>
    <message>
        <source>the image does not fit into memory; predict it in smaller tiles</source>
        <translation>图像放不进内存；请用更小的图块预测</translation>
    </message>
    <message>
        <source>the image has {0} values that are NaN or infinite; replace them first</source>
        <translation>图像中有 {0} 个值为 NaN 或无穷大；请先替换</translation>
    </message>
    <message>
        <source>the image is empty (0 pixels)</source>
        <translation>图像为空（0 像素）</translation>
    </message>
    <message>
        <source>the image of {0} superpixels is given, but there are {1}</source>
        <translation>给出了 {0} 个超像素所属的图像，但共有 {1} 个</translation>
    </message>
    <message>
        <source>the image {0} is described twice</source>
        <translation>图像 {0} 被描述了两次</translation>
    </message>
    <message>
        <source>the label {0} is a region of several values, which masks cannot hold</source>
        <translation>标签 {0} 是由多个值组成的区域，掩膜无法表示</translation>
    </message>
    <message>
        <source>the labels are {0} and the image is {1}; they must agree</source>
        <translation>标签为 {0}，图像为 {1}；两者必须一致</translation>
    </message>
    <message>
        <source>the labels of frame {0} are {1}</source>
        <translation>第 {0} 帧的标签为 {1}</translation>
    </message>
    <message>
        <source>the loss is no number any more after {0} steps; try a lower learning rate</source>
        <translation>{0} 步之后损失已不是有效数值；请尝试更低的学习率</translation>
    </message>
    <message>
        <source>the loss {0} has no option {1}; its options are {2}</source>
        <translation>损失 {0} 没有选项 {1}；它的选项有 {2}</translation>
    </message>
    <message>
        <source>the loss {0} has no option {1}; {2}</source>
        <translation>损失 {0} 没有选项 {1}；{2}</translation>
    </message>
    <message>
        <source>the mask has one channel where class and object are written in colours</source>
        <translation>掩膜只有一个通道，而类别和对象应以颜色写入</translation>
    </message>
    <message>
        <source>the mask has {0} channels ({1}) where it must have one</source>
        <translation>掩膜有 {0} 个通道（{1}），应只有一个</translation>
    </message>
    <message>
        <source>the mask has {0} pages where it must have one</source>
        <translation>掩膜有 {0} 页，应只有一页</translation>
    </message>
    <message>
        <source>the mask holds fractions where it must hold whole ids</source>
        <translation>掩膜含有小数，应为整数编号</translation>
    </message>
    <message>
        <source>the mask holds ids from {0} to {1}; they must lie in 0..{2}</source>
        <translation>掩膜中的编号为 {0} 到 {1}；必须在 0..{2} 之间</translation>
    </message>
    <message>
        <source>the mask is {0}</source>
        <translation>掩膜为 {0}</translation>
    </message>
    <message>
        <source>the network tells {0} classes apart, the project has {1}</source>
        <translation>网络能区分 {0} 个类别，而项目有 {1} 个</translation>
    </message>
    <message>
        <source>the next slice is of size {0}x{1}, this one {2}x{3}: labels cannot be brought there</source>
        <translation>下一层的大小为 {0}x{1}，这一层为 {2}x{3}：无法把标签带过去</translation>
    </message>
    <message>
        <source>the number of iterations is from 0 to {0}, not {1}</source>
        <translation>迭代次数为 0 到 {0}，不是 {1}</translation>
    </message>
    <message>
        <source>the number of iterations is one or more, not {0}</source>
        <translation>迭代次数应不小于一，而不是 {0}</translation>
    </message>
    <message>
        <source>the number of iterations is zero or more, not {0}</source>
        <translation>迭代次数应不小于零，而不是 {0}</translation>
    </message>
    <message>
        <source>the option {0} is a number, not {1}</source>
        <translation>选项 {0} 是一个数，不是 {1}</translation>
    </message>
    <message>
        <source>the option {0} is a whole number, not {1}</source>
        <translation>选项 {0} 是整数，不是 {1}</translation>
    </message>
    <message>
        <source>the option {0} is zero or of a size between {1} and {2}, not {3}</source>
        <translation>选项 {0} 为零，或大小在 {1} 与 {2} 之间，不是 {3}</translation>
    </message>
    <message>
        <source>the overlap of tiles must lie in 0..0.9, not {0}</source>
        <translation>图块重叠须在 0..0.9 之间，而不是 {0}</translation>
    </message>
    <message>
        <source>the path is too long for this file system</source>
        <translation>路径对此文件系统来说太长</translation>
    </message>
    <message>
        <source>the position ({0}, {1}) is not on the plane</source>
        <translation>位置 ({0}, {1}) 不在平面上</translation>
    </message>
    <message>
        <source>the prediction is of shape {0} and the target of {1}</source>
        <translation>预测的形状为 {0}，目标的形状为 {1}</translation>
    </message>
    <message>
        <source>the processes did not find each other: {0}</source>
        <translation>各进程未能相互连接：{0}</translation>
    </message>
    <message>
        <source>the project was made by a newer segstudio (format {0}, this one knows up to {1}); update segstudio to open it</source>
        <translation>该项目由更新版本的 segstudio 创建（格式 {0}，当前版本最高支持 {1}）；请更新 segstudio 后再打开</translation>
    </message>
    <message>
        <source>the project&apos;s database cannot be used ({0})</source>
        <translation>无法使用项目数据库（{0}）</translation>
    </message>
    <message>
        <source>the project&apos;s database is damaged ({0})</source>
        <translation>项目数据库已损坏（{0}）</translation>
    </message>
    <message>
        <source>the project&apos;s folder was moved or deleted while it was open</source>
        <translation>项目打开期间其文件夹被移动或删除</translation>
    </message>
    <message>
        <source>the propagator {0} has no option {1}; it has {2}</source>
        <translation>传播方法 {0} 没有选项 {1}；它有 {2}</translation>
    </message>
    <message>
        <source>the same DICOM image is in the project twice; it is exported once</source>
        <translation>同一 DICOM 图像在项目中出现两次；只导出一次</translation>
    </message>
    <message>
        <source>the scales of a prediction must be above 0</source>
        <translation>预测的尺度须大于 0</translation>
    </message>
    <message>
        <source>the scribbles are {0} and the image is {1}; they must agree</source>
        <translation>涂鸦大小为 {0}，图像大小为 {1}；两者必须一致</translation>
    </message>
    <message>
        <source>the share of the {0} lies in 0..1, not {1}</source>
        <translation>{0} 的份额应在 0..1 之间，而不是 {1}</translation>
    </message>
    <message>
        <source>the shares for validation and test leave nothing to train on</source>
        <translation>验证集和测试集的比例没有给训练留下任何图像</translation>
    </message>
    <message>
        <source>the size of class {0} is &apos;small&apos;, &apos;large&apos; or two shares, not {1}</source>
        <translation>类别 {0} 的大小应为 &apos;small&apos;、&apos;large&apos; 或两个份额，而不是 {1}</translation>
    </message>
    <message>
        <source>the spacing of a volume is three sizes above zero, not {0}</source>
        <translation>体数据的间距是三个大于零的数值，而不是 {0}</translation>
    </message>
    <message>
        <source>the spacing of pixels is above zero along each axis, not {0}</source>
        <translation>像素间距在各轴上须大于零，而不是 {0}</translation>
    </message>
    <message>
        <source>the spacing of pixels must be above 0, not {0}</source>
        <translation>像素间距须大于 0，而不是 {0}</translation>
    </message>
    <message>
        <source>the superpixel method {0} has no option {1}; it has {2}</source>
        <translation>超像素方法 {0} 没有选项 {1}；它有 {2}</translation>
    </message>
    <message>
        <source>the tags leave no class that the image may show</source>
        <translation>标签排除了所有类别，图像中不剩任何可能的类别</translation>
    </message>
    <message>
        <source>the tags of image {0} leave no class that it may show</source>
        <translation>图像 {0} 的标签没有留下任何可出现的类别</translation>
    </message>
    <message>
        <source>the video cannot be played ({0})</source>
        <translation>无法播放视频（{0}）</translation>
    </message>
    <message>
        <source>the video has no frames</source>
        <translation>视频没有帧</translation>
    </message>
    <message>
        <source>the volume holds fractions where it must hold whole ids</source>
        <translation>体数据含有小数，应为整数编号</translation>
    </message>
    <message>
        <source>the volume holds ids outside of 0..{0}</source>
        <translation>体数据含有 0..{0} 之外的编号</translation>
    </message>
    <message>
        <source>the volume is {0}</source>
        <translation>体数据为 {0}</translation>
    </message>
    <message>
        <source>the weights of a graph cut are finite and not negative</source>
        <translation>图割的权重须为有限的非负数</translation>
    </message>
    <message>
        <source>the widths of colour and texture are positive</source>
        <translation>颜色和纹理的宽度须为正数</translation>
    </message>
    <message>
        <source>the {0} holds {1}, which is none of the {2} classes</source>
        <translation>{0} 含有 {1}，不属于 {2} 个类别中的任何一个</translation>
    </message>
    <message>
        <source>the {0}; choose {1}</source>
        <translation>{0}；请选择{1}</translation>
    </message>
    <message>
        <source>there are 255 classes already, which is all a label map can hold</source>
        <translation>已有 255 个类别，这是标注图的上限</translation>
    </message>
    <message>
        <source>there are no pixels of {0} that are not an instance yet</source>
        <translation>没有尚未成为实例的{0}像素</translation>
    </message>
    <message>
        <source>there are no pretrained weights of {0} with a deep stem; take the plain stem</source>
        <translation>{0} 没有深层 stem 的预训练权重；请使用普通 stem</translation>
    </message>
    <message>
        <source>there are no weights in it</source>
        <translation>其中没有权重</translation>
    </message>
    <message>
        <source>there are {0} {1} for the model&apos;s {2} channels</source>
        <translation>模型有 {2} 个通道，却给出了 {0} 个{1}</translation>
    </message>
    <message>
        <source>there is a tag of class {0}, but there are {1} classes</source>
        <translation>标签中有类别 {0}，但总共只有 {1} 个类别</translation>
    </message>
    <message>
        <source>there is an id {0}, which is not below the number of classes {1}</source>
        <translation>出现编号 {0}，不小于类别数 {1}</translation>
    </message>
    <message>
        <source>there is no Datumaro data set; choose {0}</source>
        <translation>这里没有 Datumaro 数据集；请选择 {0}</translation>
    </message>
    <message>
        <source>there is no accepted sample with strokes of two classes to learn from</source>
        <translation>没有已接受且画有两个类别的样本可供学习</translation>
    </message>
    <message>
        <source>there is no act {0}; there are {1}</source>
        <translation>没有操作 {0}；有 {1}</translation>
    </message>
    <message>
        <source>there is no annotations.xml; choose {0}</source>
        <translation>没有 annotations.xml；请选择 {0}</translation>
    </message>
    <message>
        <source>there is no class but the background, so a DICOM segmentation would have no segments</source>
        <translation>除背景外没有其他类别，DICOM 分割将不含任何分割段</translation>
    </message>
    <message>
        <source>there is no class called {0}; there are {1}</source>
        <translation>没有名为 {0} 的类别；现有 {1}</translation>
    </message>
    <message>
        <source>there is no class to learn</source>
        <translation>没有可学习的类别</translation>
    </message>
    <message>
        <source>there is no class {0}; there are {1}</source>
        <translation>没有类别 {0}；现有 {1}</translation>
    </message>
    <message>
        <source>there is no down-sampling called {0}; there are: max_pool, strided, space_to_depth</source>
        <translation>没有名为 {0} 的下采样；可选：max_pool、strided、space_to_depth</translation>
    </message>
    <message>
        <source>there is no fold {0}; it has {1} (counted from 0)</source>
        <translation>没有第 {0} 折；共有 {1} 折（从 0 开始计数）</translation>
    </message>
    <message>
        <source>there is no frame {0}; it has {1} (counted from 0)</source>
        <translation>没有第 {0} 帧；共有 {1} 帧（从 0 数起）</translation>
    </message>
    <message>
        <source>there is no group of cues called {0}; there are: {1}</source>
        <translation>没有名为 {0} 的线索组；可选：{1}</translation>
    </message>
    <message>
        <source>there is no icon called {0}</source>
        <translation>没有名为 {0} 的图标</translation>
    </message>
    <message>
        <source>there is no image in {0}</source>
        <translation>{0} 中没有图像</translation>
    </message>
    <message>
        <source>there is no image to measure what is ordinary on</source>
        <translation>没有可用来测量常态的图像</translation>
    </message>
    <message>
        <source>there is no image to predict</source>
        <translation>没有可预测的图像</translation>
    </message>
    <message>
        <source>there is no import to take back</source>
        <translation>没有可以撤回的导入</translation>
    </message>
    <message>
        <source>there is no labelled sample to learn from</source>
        <translation>没有可供学习的已标注样本</translation>
    </message>
    <message>
        <source>there is no labelled sample to learn from: every pixel is unlabelled</source>
        <translation>没有可供学习的已标注样本：所有像素都未标注</translation>
    </message>
    <message>
        <source>there is no mask to compare</source>
        <translation>没有可比较的掩膜</translation>
    </message>
    <message>
        <source>there is no panoptic.json; choose {0}</source>
        <translation>没有 panoptic.json；请选择{0}</translation>
    </message>
    <message>
        <source>there is no prediction for {0} (and {1} more)</source>
        <translation>{0} 没有预测（另有 {1} 个）</translation>
    </message>
    <message>
        <source>there is no scribble to start from; draw at least one stroke</source>
        <translation>没有可以开始的涂鸦；请至少画一笔</translation>
    </message>
    <message>
        <source>there is no setting {0}; `segstudio recipe` lists them</source>
        <translation>没有名为 {0} 的设置；用 `segstudio recipe` 查看全部</translation>
    </message>
    <message>
        <source>there is no such project</source>
        <translation>没有这个项目</translation>
    </message>
    <message>
        <source>there is no up-sampling called {0}; there are: transposed, nearest, bilinear, pixel_shuffle</source>
        <translation>没有名为 {0} 的上采样；可选：transposed、nearest、bilinear、pixel_shuffle</translation>
    </message>
    <message>
        <source>there is no {0} that tells its parts</source>
        <translation>没有说明各部分的 {0}</translation>
    </message>
    <message>
        <source>there is not enough memory to open it</source>
        <translation>内存不足，无法打开</translation>
    </message>
    <message>
        <source>these are bare weights, not a checkpoint of segstudio; load them into a network</source>
        <translation>这是单纯的权重，不是 segstudio 的模型文件；请将其载入网络</translation>
    </message>
    <message>
        <source>this U-Net++ has no head at level {0} (it has {1}); levels below its own need deep supervision in training</source>
        <translation>这个 U-Net++ 在第 {0} 层没有输出头（它有 {1}）；较低的层需要在训练时使用深监督</translation>
    </message>
    <message>
        <source>this folder is no run of a training that has left a network ({0})</source>
        <translation>这个文件夹不是留下了网络的训练（{0}）</translation>
    </message>
    <message>
        <source>this image holds as many instances as a label map can tell apart</source>
        <translation>此图像中的实例数已达标注图能区分的上限</translation>
    </message>
    <message>
        <source>this image is no DICOM file, so a DICOM segmentation cannot refer to it</source>
        <translation>该图像不是 DICOM 文件，DICOM 分割无法引用它</translation>
    </message>
    <message>
        <source>this is a camera&apos;s raw image; develop it to TIFF or PNG first</source>
        <translation>这是相机原始图像；请先转换为 TIFF 或 PNG</translation>
    </message>
    <message>
        <source>this is a file; choose {0}</source>
        <translation>这是一个文件；请选择 {0}</translation>
    </message>
    <message>
        <source>this is a folder without DICOM images</source>
        <translation>此文件夹中没有 DICOM 图像</translation>
    </message>
    <message>
        <source>this is a folder, not a file</source>
        <translation>这是文件夹，不是文件</translation>
    </message>
    <message>
        <source>this is a folder; choose {0}</source>
        <translation>这是一个文件夹；请选择 {0}</translation>
    </message>
    <message>
        <source>this is no ADE20K data set; choose {0}</source>
        <translation>这不是 ADE20K 数据集；请选择{0}</translation>
    </message>
    <message>
        <source>this is no CVAT document: it holds no images; choose {0}</source>
        <translation>这不是 CVAT 文档：其中没有图像；请选择 {0}</translation>
    </message>
    <message>
        <source>this is no Cityscapes annotation: it has no objects</source>
        <translation>这不是 Cityscapes 标注：没有 objects</translation>
    </message>
    <message>
        <source>this is no Datumaro document: it has neither categories nor items</source>
        <translation>这不是 Datumaro 文档：既没有 categories 也没有 items</translation>
    </message>
    <message>
        <source>this is no Hugging Face data set; choose {0}</source>
        <translation>这不是 Hugging Face 数据集；请选择{0}</translation>
    </message>
    <message>
        <source>this is no ISAT file: it lacks info, its name, or objects</source>
        <translation>这不是 ISAT 文件：缺少 info、其名称或 objects</translation>
    </message>
    <message>
        <source>this is no JSON object</source>
        <translation>这不是 JSON 对象</translation>
    </message>
    <message>
        <source>this is no JSON, or it is damaged</source>
        <translation>这不是 JSON，或文件已损坏</translation>
    </message>
    <message>
        <source>this is no Parquet file, or it is damaged or cut short</source>
        <translation>这不是 Parquet 文件，或者已损坏或被截断</translation>
    </message>
    <message>
        <source>this is no Pascal VOC annotation</source>
        <translation>这不是 Pascal VOC 标注</translation>
    </message>
    <message>
        <source>this is no Pascal VOC data set; choose {0}</source>
        <translation>这不是 Pascal VOC 数据集；请选择 {0}</translation>
    </message>
    <message>
        <source>this is no Supervisely annotation: it lacks size or objects</source>
        <translation>这不是 Supervisely 标注：缺少 size 或 objects</translation>
    </message>
    <message>
        <source>this is no description of a YOLO data set: it has no names</source>
        <translation>这不是 YOLO 数据集的描述：没有 names</translation>
    </message>
    <message>
        <source>this is no description of an nnU-Net data set: it lacks labels or file_ending</source>
        <translation>这不是 nnU-Net 数据集的描述：缺少 labels 或 file_ending</translation>
    </message>
    <message>
        <source>this is no label map; choose {0}</source>
        <translation>这不是标签图；请选择{0}</translation>
    </message>
    <message>
        <source>this is no labelme file: it lacks shapes or imagePath</source>
        <translation>这不是 labelme 文件：缺少 shapes 或 imagePath</translation>
    </message>
    <message>
        <source>this is no list of ISAT&apos;s classes</source>
        <translation>这不是 ISAT 的类别列表</translation>
    </message>
    <message>
        <source>this is no list of labels with name, id and trainId</source>
        <translation>这不是含有 name、id 和 trainId 的标签列表</translation>
    </message>
    <message>
        <source>this is no nnU-Net data set; choose {0}</source>
        <translation>这不是 nnU-Net 数据集；请选择{0}</translation>
    </message>
    <message>
        <source>this is no program of torch.export</source>
        <translation>这不是 torch.export 的程序</translation>
    </message>
    <message>
        <source>this is no table from ids to names</source>
        <translation>这不是从编号到名称的表</translation>
    </message>
    <message>
        <source>this is no table from instance ids to class ids</source>
        <translation>这不是从实例编号到类别编号的表</translation>
    </message>
    <message>
        <source>this is no task of Label Studio</source>
        <translation>这不是 Label Studio 的任务</translation>
    </message>
    <message>
        <source>this is not JSON</source>
        <translation>这不是 JSON</translation>
    </message>
    <message>
        <source>this is not JSON ({0})</source>
        <translation>这不是 JSON（{0}）</translation>
    </message>
    <message>
        <source>this is not JSON, or it is cut short</source>
        <translation>这不是 JSON，或已被截断</translation>
    </message>
    <message>
        <source>this is not XML ({0})</source>
        <translation>这不是 XML（{0}）</translation>
    </message>
    <message>
        <source>this is not a COCO document: it has neither images nor categories</source>
        <translation>这不是 COCO 文档：既没有 images 也没有 categories</translation>
    </message>
    <message>
        <source>this is not a COCO panoptic document; choose {0}</source>
        <translation>这不是 COCO 全景文档；请选择{0}</translation>
    </message>
    <message>
        <source>this is not a DICOM file, or it is corrupt</source>
        <translation>这不是 DICOM 文件，或文件已损坏</translation>
    </message>
    <message>
        <source>this is not a segstudio project (it has no {0})</source>
        <translation>这不是 segstudio 项目（缺少 {0}）</translation>
    </message>
    <message>
        <source>this is not a segstudio project (its database has no format version)</source>
        <translation>这不是 segstudio 项目（其数据库没有格式版本）</translation>
    </message>
    <message>
        <source>this is not a video that can be played, or it is corrupt or truncated</source>
        <translation>这不是可播放的视频，或文件已损坏或不完整</translation>
    </message>
    <message>
        <source>this is the first image of the list: there is none before it to take labels from</source>
        <translation>这是列表中的第一张图像：前面没有可沿用标注的图像</translation>
    </message>
    <message>
        <source>this kind of TIFF is not supported ({0})</source>
        <translation>不支持这种 TIFF（{0}）</translation>
    </message>
    <message>
        <source>this loss compares pixels of the image, which it was not given</source>
        <translation>此损失需要比较图像像素，但未提供图像</translation>
    </message>
    <message>
        <source>this machine has no device {0}; it has {1}</source>
        <translation>此计算机没有设备 {0}；现有 {1}</translation>
    </message>
    <message>
        <source>this machine has {0} CUDA devices, not {1}</source>
        <translation>本机有 {0} 个 CUDA 设备，而不是 {1} 个</translation>
    </message>
    <message>
        <source>this model takes images of one size, so it cannot be averaged over scales</source>
        <translation>该模型只接受固定尺寸的图像，因此不能做多尺度平均</translation>
    </message>
    <message>
        <source>this network loses {0} pixels at each side of a tile; a tile must be at least {1} pixels wide, not {2}</source>
        <translation>该网络在图块每边损失 {0} 像素；图块宽度至少为 {1} 像素，而不是 {2}</translation>
    </message>
    <message>
        <source>this processor does not compute in {0}, which would be slower than float32 on it</source>
        <translation>该处理器不支持 {0} 计算，在其上会比 float32 更慢</translation>
    </message>
    <message>
        <source>this slice has no labels yet: there is nothing to bring to the next</source>
        <translation>这一层还没有标签：没有可带到下一层的内容</translation>
    </message>
    <message>
        <source>training by {0} starts in segstudio.learning.weak.training.train_weakly</source>
        <translation>{0} 的训练从 segstudio.learning.weak.training.train_weakly 开始</translation>
    </message>
    <message>
        <source>training option {0}: {1}{2}</source>
        <translation>训练选项 {0}：{1}{2}</translation>
    </message>
    <message>
        <source>two classes are called {0}</source>
        <translation>有两个类别都叫 {0}</translation>
    </message>
    <message>
        <source>two classes have the id {0}: {1}, {2}</source>
        <translation>两个类别的编号都是 {0}：{1}、{2}</translation>
    </message>
    <message>
        <source>two images are called {0}: {1} and {2}</source>
        <translation>有两幅图像都叫 {0}：{1} 和 {2}</translation>
    </message>
    <message>
        <source>two images have its name: {0} and {1}</source>
        <translation>有两幅图像与其同名：{0} 和 {1}</translation>
    </message>
    <message>
        <source>unet: width and depth must be at least 1, not {0} and {1}</source>
        <translation>unet：width 和 depth 至少为 1，而不是 {0} 和 {1}</translation>
    </message>
    <message>
        <source>unetpp: level must be in 1..{0}, not {1}</source>
        <translation>unetpp：level 须在 1..{0} 之间，而不是 {1}</translation>
    </message>
    <message>
        <source>weights are {0} finite numbers above 0, one a superpixel</source>
        <translation>权重应为 {0} 个大于 0 的有限数，每个超像素一个</translation>
    </message>
    <message>
        <source>what other images say counts for an image, not for a volume</source>
        <translation>其他图像的信息只能用于单张图像，不能用于体数据</translation>
    </message>
    <message>
        <source>what {0} sent is not the published file (its checksum differs); try again</source>
        <translation>{0} 发送的不是发布的文件（校验和不同）；请重试</translation>
    </message>
    <message>
        <source>writing ONNX needs the package {0}: pip install onnx onnxscript onnxruntime</source>
        <translation>写出 ONNX 需要软件包 {0}：pip install onnx onnxscript onnxruntime</translation>
    </message>
    <message>
        <source>{0} (checksum of its {1} block)</source>
        <translation>{0}（{1} 块的校验和）</translation>
    </message>
    <message>
        <source>{0} answers {1} {2}</source>
        <translation>{0} 返回 {1} {2}</translation>
    </message>
    <message>
        <source>{0} are no options; write name=value with commas between them: width=32, valid=true</source>
        <translation>{0} 不是选项；请写作 名称=值，用逗号分隔：width=32, valid=true</translation>
    </message>
    <message>
        <source>{0} cannot be written as ONNX</source>
        <translation>{0} 不能写成 ONNX</translation>
    </message>
    <message>
        <source>{0} cannot be written as ONNX, which has no form for its operations</source>
        <translation>{0} 不能写成 ONNX，因为 ONNX 没有对应的运算</translation>
    </message>
    <message>
        <source>{0} cannot be written as {1}: what it does depends on what it finds in an image</source>
        <translation>{0} 不能写成 {1}：它的计算取决于在图像中找到的内容</translation>
    </message>
    <message>
        <source>{0} contradicts what else is said: no superpixel can have it</source>
        <translation>{0} 与其他说明矛盾：没有超像素可以取该类别</translation>
    </message>
    <message>
        <source>{0} does not fit into the memory of {1} even with one crop of {2} pixels; pick a smaller network</source>
        <translation>即使每次只用一个 {2} 像素的裁块，{0} 也放不进 {1} 的内存；请选择更小的网络</translation>
    </message>
    <message>
        <source>{0} finds objects before a background, which is class 0; the classes are {1}</source>
        <translation>{0} 在背景（类别 0）之上寻找对象；而类别为 {1}</translation>
    </message>
    <message>
        <source>{0} gives labels without saying how many classes there are: name its classes</source>
        <translation>{0} 直接输出标签而没有说明类别数：请给出类别名称</translation>
    </message>
    <message>
        <source>{0} has no backbone {1}; {2}</source>
        <translation>{0} 没有主干 {1}；{2}</translation>
    </message>
    <message>
        <source>{0} has no backbone, so that no stage of it can be frozen</source>
        <translation>{0} 没有骨干网络，无法冻结其中的级</translation>
    </message>
    <message>
        <source>{0} has no backbone, so there are no pretrained weights for it</source>
        <translation>{0} 没有骨干网络，因此没有预训练权重</translation>
    </message>
    <message>
        <source>{0} has no class {1}; {2}</source>
        <translation>{0}没有类别 {1}；{2}</translation>
    </message>
    <message>
        <source>{0} has no labelled image of those that were asked for</source>
        <translation>{0} 中所要求的图像都没有标注</translation>
    </message>
    <message>
        <source>{0} has no labels yet: there is nothing to take from it</source>
        <translation>{0} 还没有标注：没有可沿用的内容</translation>
    </message>
    <message>
        <source>{0} has no option {1}; its options are {2}</source>
        <translation>{0} 没有选项 {1}；它的选项有 {2}</translation>
    </message>
    <message>
        <source>{0} has no option {1}; {2}</source>
        <translation>{0} 没有选项 {1}；{2}</translation>
    </message>
    <message>
        <source>{0} has {1} accepted images; self-tuning learns from {2} or more that are reviewed or done</source>
        <translation>{0} 有 {1} 张已认可的图像；自调优需要 {2} 张以上已审阅或已完成的图像</translation>
    </message>
    <message>
        <source>{0} has {1} auxiliary outputs, so that it takes as many weights, not {2}</source>
        <translation>{0} 有 {1} 个辅助输出，需要同样多的权重，而不是 {2} 个</translation>
    </message>
    <message>
        <source>{0} has {1} channels where the network takes {2}</source>
        <translation>{0} 有 {1} 个通道，而网络需要 {2} 个</translation>
    </message>
    <message>
        <source>{0} has {1} classes, but {2} are named</source>
        <translation>{0} 有 {1} 个类别，但给出了 {2} 个名称</translation>
    </message>
    <message>
        <source>{0} has {1} million voxels and at most {2} million are propagated through at once; propagate from slice to slice instead</source>
        <translation>{0} 有 {1} 百万个体素，而一次最多在 {2} 百万个体素中传播；请改为逐切片传播</translation>
    </message>
    <message>
        <source>{0} holds a run already: {1}name another folder</source>
        <translation>{0} 中已有一次训练：{1}请指定另一个文件夹</translation>
    </message>
    <message>
        <source>{0} is a size in pixels, zero or more, not {1}</source>
        <translation>{0} 是以像素计的大小，不小于零，而不是 {1}</translation>
    </message>
    <message>
        <source>{0} is a weight of zero or more and {1} standard deviation{2} above zero, not {3}</source>
        <translation>{0} 应为不小于零的权重和 {1} 个大于零的标准差{2}，而不是 {3}</translation>
    </message>
    <message>
        <source>{0} is drawn on slice {1}, but its tag says that it is not there: change one of the two</source>
        <translation>第 {1} 层画了“{0}”，但其标签说明该层没有它：请改其中之一</translation>
    </message>
    <message>
        <source>{0} is drawn, but its tag says that it is not in this image: change one of the two</source>
        <translation>画有{0}，但标签说图像中没有它：请更改其中之一</translation>
    </message>
    <message>
        <source>{0} is locked: unlock it in the list of classes first</source>
        <translation>{0} 已锁定：请先在类别列表中解锁</translation>
    </message>
    <message>
        <source>{0} is no class id to draw with; ids lie in 0..65535, 255 means unlabelled</source>
        <translation>{0} 不是可用于绘制的类别编号；编号在 0..65535 之间，255 表示未标注</translation>
    </message>
    <message>
        <source>{0} is no option; write it as name=value</source>
        <translation>{0} 不是选项；请写成 name=value</translation>
    </message>
    <message>
        <source>{0} is no volume: its slices are of different sizes</source>
        <translation>{0} 不是体数据：各层大小不同</translation>
    </message>
    <message>
        <source>{0} is not a colour; write it as #rrggbb</source>
        <translation>{0} 不是颜色；请写成 #rrggbb</translation>
    </message>
    <message>
        <source>{0} is not a folder</source>
        <translation>{0} 不是文件夹</translation>
    </message>
    <message>
        <source>{0} is not a loss; write a name or a sum of names, such as &apos;ce+dice&apos; or &apos;0.5*bce+dice&apos;</source>
        <translation>{0} 不是损失；请写名称或名称之和，例如 &apos;ce+dice&apos; 或 &apos;0.5*bce+dice&apos;</translation>
    </message>
    <message>
        <source>{0} is not downloaded yet ({1} MB): segstudio models --download {2}</source>
        <translation>{0} 尚未下载（{1} MB）：segstudio models --download {2}</translation>
    </message>
    <message>
        <source>{0} is not of the form MODEL_CLASS=CLASS</source>
        <translation>{0} 不是 模型类别=类别 的形式</translation>
    </message>
    <message>
        <source>{0} is not of the form {1}</source>
        <translation>{0} 不符合 {1} 的形式</translation>
    </message>
    <message>
        <source>{0} is not run by {1}; what opens such files: {2}</source>
        <translation>{0} 不能由 {1} 运行；可打开此类文件的有：{2}</translation>
    </message>
    <message>
        <source>{0} is not the folder of a training run: {1}</source>
        <translation>{0} 不是训练记录的文件夹：{1}</translation>
    </message>
    <message>
        <source>{0} is of another size: its labels cannot be brought here</source>
        <translation>{0} 的尺寸不同：无法沿用它的标注</translation>
    </message>
    <message>
        <source>{0} is of class {1}, but there are {2} classes</source>
        <translation>{0} 属于类别 {1}，但只有 {2} 个类别</translation>
    </message>
    <message>
        <source>{0} learns from no label; add a loss, such as &apos;partial_ce+{1}&apos;</source>
        <translation>{0} 不从任何标注学习；请加上一个损失，例如 &apos;partial_ce+{1}&apos;</translation>
    </message>
    <message>
        <source>{0} lie on no image that it refers to</source>
        <translation>{0}不在它所引用的任何图像上</translation>
    </message>
    <message>
        <source>{0} masks of parts are left out: a pixel has one label, that of the object</source>
        <translation>略去 {0} 个部件掩膜：一个像素只有一个标签，即对象的标签</translation>
    </message>
    <message>
        <source>{0} of its segments lie outside of their image</source>
        <translation>其中 {0} 个分段位于其图像之外</translation>
    </message>
    <message>
        <source>{0} of level {1} lies outside of the image of {2}x{3}</source>
        <translation>第 {1} 层的 {0} 在 {2}x{3} 的图像之外</translation>
    </message>
    <message>
        <source>{0} of the {1} images that it refers to are missing</source>
        <translation>它所引用的 {1} 幅图像中缺少 {0} 幅</translation>
    </message>
    <message>
        <source>{0} regions are more than a label map can tell apart; clean up specks first</source>
        <translation>{0} 个区域超过标签图所能区分的数量；请先清理斑点</translation>
    </message>
    <message>
        <source>{0} takes numbers with commas, not {1}</source>
        <translation>{0} 应为以逗号分隔的数，而不是 {1}</translation>
    </message>
    <message>
        <source>{0} was added again meanwhile: remove it first</source>
        <translation>{0} 已被重新添加：请先将其移除</translation>
    </message>
    <message>
        <source>{0} was begun with {1} {2}; start a new run for {3}</source>
        <translation>{0} 开始时的 {1} 是 {2}；{3} 请另开一次训练</translation>
    </message>
    <message>
        <source>{0}: a factor must be above 0, not {1}</source>
        <translation>{0}：系数须大于 0，而不是 {1}</translation>
    </message>
    <message>
        <source>{0}: a network is exported to a file that ends in .onnx or .pt2</source>
        <translation>{0}：网络应导出为以 .onnx 或 .pt2 结尾的文件</translation>
    </message>
    <message>
        <source>{0}: a part of the image in its middle is missing or damaged</source>
        <translation>{0}：图像中间有一部分缺失或损坏</translation>
    </message>
    <message>
        <source>{0}: a project cannot be imported into itself</source>
        <translation>{0}：项目不能导入到自身</translation>
    </message>
    <message>
        <source>{0}: an image of shape {1} cannot be used</source>
        <translation>{0}：形状为 {1} 的图像不能使用</translation>
    </message>
    <message>
        <source>{0}: an image of type {1} cannot be used</source>
        <translation>{0}：类型为 {1} 的图像不能使用</translation>
    </message>
    <message>
        <source>{0}: class {1} is tagged as absent, but it is drawn, boxed or tagged</source>
        <translation>{0}：类别 {1} 被标为不存在，但它已被画出、框出或标为存在</translation>
    </message>
    <message>
        <source>{0}: it cannot be read ({1})</source>
        <translation>{0}：无法读取（{1}）</translation>
    </message>
    <message>
        <source>{0}: it holds a {1} that is not an earlier export&apos;s; choose another folder</source>
        <translation>{0}：其中的 {1} 不属于之前的导出；请另选文件夹</translation>
    </message>
    <message>
        <source>{0}: its labels are an array of shape {1} where (H, W) is needed</source>
        <translation>{0}：标签数组的形状为 {1}，而应为 (H, W)</translation>
    </message>
    <message>
        <source>{0}: its labels are not class ids</source>
        <translation>{0}：它的标签不是类别编号</translation>
    </message>
    <message>
        <source>{0}: its run.json is damaged</source>
        <translation>{0}：其中的 run.json 已损坏</translation>
    </message>
    <message>
        <source>{0}: its {1} is damaged</source>
        <translation>{0}：其中的 {1} 已损坏</translation>
    </message>
    <message>
        <source>{0}: its {1} is damaged, so what may be overwritten is not known; choose a new one</source>
        <translation>{0}：其中的 {1} 已损坏，无法确定哪些可以覆盖；请选择新的文件夹</translation>
    </message>
    <message>
        <source>{0}: multi_grid must be a list of positive whole numbers, not {1}</source>
        <translation>{0}：multi_grid 应为正整数列表，而不是 {1}</translation>
    </message>
    <message>
        <source>{0}: the folder holds an earlier export; choose another, or overwrite it</source>
        <translation>{0}：文件夹中有之前的导出；请另选，或覆盖它</translation>
    </message>
    <message>
        <source>{0}: the folder is not empty; choose a new one</source>
        <translation>{0}：文件夹不是空的；请选择新的文件夹</translation>
    </message>
    <message>
        <source>{0}: the image is missing, as those of {1} of {2} labelled images are; find them in the window (File &gt; Find moved images) or bring them back</source>
        <translation>{0}：找不到该图像；{2} 幅已标注图像中有 {1} 幅找不到。请在窗口中查找（文件 &gt; 查找移动过的图像），或把它们放回原处</translation>
    </message>
    <message>
        <source>{0}: the image {1} that is to be exported lies in this folder; choose another</source>
        <translation>{0}：要导出的图像 {1} 就在这个文件夹中；请另选一个</translation>
    </message>
    <message>
        <source>{0}: the list of what the run learned from is damaged</source>
        <translation>{0}：该训练所用样本的列表已损坏</translation>
    </message>
    <message>
        <source>{0}: the number of channels must be at least 1, not {1}</source>
        <translation>{0}：通道数至少为 1，而不是 {1}</translation>
    </message>
    <message>
        <source>{0}: the number of classes must be at least 1, not {1}</source>
        <translation>{0}：类别数至少为 1，而不是 {1}</translation>
    </message>
    <message>
        <source>{0}: the samples have changed since it was stopped; start a new run from its checkpoint</source>
        <translation>{0}：停止以来样本已改变；请从它的检查点开始新的训练</translation>
    </message>
    <message>
        <source>{0}: the stopped run trained another network</source>
        <translation>{0}：停止的训练使用的是另一个网络</translation>
    </message>
    <message>
        <source>{0}: the {1} are {2} pixels but the image is {3}</source>
        <translation>{0}：{1} 为 {2} 像素，而图像为 {3}</translation>
    </message>
    <message>
        <source>{0}: there are too many demos here; name another folder with --out</source>
        <translation>{0}：这里的演示太多；请用 --out 指定另一个文件夹</translation>
    </message>
    <message>
        <source>{0}: there is no class {1}; there are {2}</source>
        <translation>{0}：没有类别 {1}；有 {2}</translation>
    </message>
    <message>
        <source>{0}: there is no stopped run to resume</source>
        <translation>{0}：没有可继续的已停止训练</translation>
    </message>
    <message>
        <source>{0}: there is no such folder with images</source>
        <translation>{0}：没有这个图像文件夹</translation>
    </message>
    <message>
        <source>{0}: there is no such folder with stroke masks</source>
        <translation>{0}：没有这个存放涂鸦掩膜的文件夹</translation>
    </message>
    <message>
        <source>{0}: this is a file; an export needs a folder</source>
        <translation>{0}：这是文件；导出需要文件夹</translation>
    </message>
    <message>
        <source>{0}: this lies in the project&apos;s own folder; choose a place outside it</source>
        <translation>{0}：位于项目自身的文件夹中；请选择其外的位置</translation>
    </message>
    <message>
        <source>{0}: what the run learned from is not there any more ({1})</source>
        <translation>{0}：该训练所用的样本已不存在（{1}）</translation>
    </message>
    <message>
        <source>{0}: {1} must be one of {2}, not {3}</source>
        <translation>{0}：{1} 须为 {2} 之一，而不是 {3}</translation>
    </message>
    <message>
        <source>{0}: {1} objects are more than one image can hold</source>
        <translation>{0}：{1} 个对象超过了一幅图像所能容纳的数量</translation>
    </message>
    <message>
        <source>{0}; import it</source>
        <translation>{0}；请将其导入</translation>
    </message>
    <message>
        <source>{0}this is not YAML</source>
        <translation>{0}这不是 YAML</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Search acts or keys</source>
        <translation>搜索命令或按键</translation>
    </message>
    <message>
        <source>Acts and their keys</source>
        <translation>命令及其按键</translation>
    </message>
    <message>
        <source>Act</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>新按键</translation>
    </message>
    <message>
        <source>Press the key that the chosen act should have</source>
        <translation>按下要分配给所选命令的按键</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Give the act this key too</source>
        <translation>为命令再添加此按键</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>Take all keys from the act</source>
        <translation>移除命令的所有按键</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>Give the act its own keys again</source>
        <translation>恢复命令原来的按键</translation>
    </message>
    <message>
        <source>All defaults</source>
        <translation>全部恢复默认</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>确定</translation>
    </message>
    <message>
        <source>Other</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>{key} is taken by “{act}”: adding it here takes it from there.</source>
        <translation>{key} 已用于“{act}”：在此添加后将不再用于该命令。</translation>
    </message>
</context>
<context>
    <name>SizesDialog</name>
    <message>
        <source>Sizes and values of the classes</source>
        <translation>各类别的大小与灰度值</translation>
    </message>
    <message>
        <source>{0}: {1} of {2} slices are labelled</source>
        <translation>{0}：{2} 张切片中已标注 {1} 张</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>体积</translation>
    </message>
    <message>
        <source>Area</source>
        <translation>面积</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Slices</source>
        <translation>切片数</translation>
    </message>
    <message>
        <source>Pixels</source>
        <translation>像素数</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>平均值</translation>
    </message>
    <message>
        <source>SD</source>
        <translation>标准差</translation>
    </message>
    <message>
        <source>Lowest</source>
        <translation>最小值</translation>
    </message>
    <message>
        <source>Highest</source>
        <translation>最大值</translation>
    </message>
    <message>
        <source>Copy table</source>
        <translation>复制表格</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>SliceBar</name>
    <message>
        <source>Previous slice</source>
        <translation>上一层</translation>
    </message>
    <message>
        <source>Previous slice (PgUp, Shift+wheel)</source>
        <translation>上一层（PgUp、Shift+滚轮）</translation>
    </message>
    <message>
        <source>Next slice</source>
        <translation>下一层</translation>
    </message>
    <message>
        <source>Next slice (PgDown, Shift+wheel)</source>
        <translation>下一层（PgDown、Shift+滚轮）</translation>
    </message>
    <message>
        <source>Slice</source>
        <translation>切片</translation>
    </message>
    <message>
        <source>Drag to another slice of this file</source>
        <translation>拖动到此文件的其他切片</translation>
    </message>
    <message>
        <source>Copy labels to the next slice</source>
        <translation>复制标签到下一层</translation>
    </message>
    <message>
        <source>Copy these labels to the next slice; what you painted there stays</source>
        <translation>把这些标签复制到下一层；您在那里画的内容保持不变</translation>
    </message>
    <message>
        <source>Propagate labels to the next slice</source>
        <translation>传播标签到下一层</translation>
    </message>
    <message>
        <source>Spread the inside of these labels over the next slice, along its own borders</source>
        <translation>把这些标签的内部沿下一层自身的边界传播开</translation>
    </message>
    <message>
        <source>Interpolate between labelled slices</source>
        <translation>在已标注切片之间插值</translation>
    </message>
    <message>
        <source>Outline a class on some slices: those between them are filled from both sides</source>
        <translation>在若干切片上勾画一个类别：其间的切片由两侧插值填充</translation>
    </message>
    <message>
        <source>Propagate through the volume</source>
        <translation>在整个体数据中传播</translation>
    </message>
    <message>
        <source>Label all slices by your strokes on any of them; draw two classes or more</source>
        <translation>根据您在任意切片上的笔画标注所有切片；请至少画两个类别</translation>
    </message>
    <message>
        <source>Add all slices</source>
        <translation>添加所有切片</translation>
    </message>
    <message>
        <source>Some slices of this file are not in the project (the line below the slider): add them</source>
        <translation>此文件的一些切片不在项目中（滑块下方的线条）：添加它们</translation>
    </message>
    <message>
        <source>{0} / {1} in volume {2} of {3}</source>
        <translation>第 {0} / {1} 张，体积 {2} / {3}</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>Position under the pointer</source>
        <translation>指针处的位置</translation>
    </message>
    <message>
        <source>Raw value under the pointer</source>
        <translation>指针处的原始值</translation>
    </message>
    <message>
        <source>Class under the pointer</source>
        <translation>指针处的类别</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>Whether everything is saved</source>
        <translation>是否已全部保存</translation>
    </message>
    <message>
        <source>Column and row of the pixel under the pointer</source>
        <translation>指针处像素的列与行</translation>
    </message>
    <message>
        <source>The image&apos;s own value there, untouched by contrast</source>
        <translation>该处图像的原始值，不受对比度影响</translation>
    </message>
    <message>
        <source>The class there</source>
        <translation>该处的类别</translation>
    </message>
    <message>
        <source>Screen pixels per image pixel</source>
        <translation>每个图像像素对应的屏幕像素</translation>
    </message>
    <message>
        <source>Edits are in the crash journal at once and in the project&apos;s files soon after</source>
        <translation>编辑会立即写入防崩溃日志，随后写入项目文件</translation>
    </message>
    <message>
        <source>● edited</source>
        <translation>● 已编辑</translation>
    </message>
    <message>
        <source>saved</source>
        <translation>已保存</translation>
    </message>
</context>
<context>
    <name>Tables</name>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Cross entropy + Dice</source>
        <translation>交叉熵 + Dice</translation>
    </message>
    <message>
        <source>The sensible default: cross entropy for every pixel, Dice for small objects too.</source>
        <translation>合理的默认选择：交叉熵兼顾每个像素，Dice 兼顾小物体。</translation>
    </message>
    <message>
        <source>Cross entropy + Lovász</source>
        <translation>交叉熵 + Lovász</translation>
    </message>
    <message>
        <source>Where IoU is the measure and there is time for a longer training.</source>
        <translation>以 IoU 为指标且有时间进行较长训练时使用。</translation>
    </message>
    <message>
        <source>Focal + Dice</source>
        <translation>Focal + Dice</translation>
    </message>
    <message>
        <source>Small objects in much background.</source>
        <translation>大片背景中的小物体。</translation>
    </message>
    <message>
        <source>Options of the network</source>
        <translation>网络的选项</translation>
    </message>
    <message>
        <source>As name=value, with commas between them</source>
        <translation>写作 名称=值，用逗号分隔</translation>
    </message>
    <message>
        <source>Crops per step</source>
        <translation>每步裁块数</translation>
    </message>
    <message>
        <source>More are steadier and need more memory</source>
        <translation>越多越稳定，也需要更多内存</translation>
    </message>
    <message>
        <source>Crop size (pixels)</source>
        <translation>裁块边长（像素）</translation>
    </message>
    <message>
        <source>Side of the square that is learned from at a time; automatic: by the images&apos; sizes</source>
        <translation>每次学习的正方形边长；自动：由图像大小决定</translation>
    </message>
    <message>
        <source>Optimiser</source>
        <translation>优化器</translation>
    </message>
    <message>
        <source>AdamW learns fast from few images; SGD is what many papers used</source>
        <translation>AdamW 能从少量图像中快速学习；SGD 为许多论文所用</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Automatic: 0.001, or 0.01 for SGD</source>
        <translation>自动：0.001，SGD 为 0.01</translation>
    </message>
    <message>
        <source>Backbone learning rate</source>
        <translation>骨干网络学习率</translation>
    </message>
    <message>
        <source>Automatic: a tenth of it where the backbone is pretrained; 0 freezes the backbone</source>
        <translation>自动：骨干网络已预训练时为其十分之一；0 表示冻结骨干网络</translation>
    </message>
    <message>
        <source>Batches per step</source>
        <translation>每步批次数</translation>
    </message>
    <message>
        <source>Gradients of so many batches make one step: larger batches in the same memory</source>
        <translation>这么多批次的梯度合成一步：同样的内存里得到更大的批次</translation>
    </message>
    <message>
        <source>Frozen stages of the backbone</source>
        <translation>冻结骨干网络的前几级</translation>
    </message>
    <message>
        <source>So many of its first stages stay as they are: for few images and published weights</source>
        <translation>骨干网络最前面的这么多级保持不变：适合图像少、使用公开权重时</translation>
    </message>
    <message>
        <source>Momentum</source>
        <translation>动量</translation>
    </message>
    <message>
        <source>Of SGD; the others ignore it</source>
        <translation>只用于 SGD，其他优化器忽略</translation>
    </message>
    <message>
        <source>Warm-up</source>
        <translation>预热</translation>
    </message>
    <message>
        <source>Share of the run during which the learning rate rises from 0</source>
        <translation>学习率从 0 升起所占的训练比例</translation>
    </message>
    <message>
        <source>Largest gradient</source>
        <translation>梯度上限</translation>
    </message>
    <message>
        <source>Longer gradients are cut to this norm, against leaps; automatic: none is cut</source>
        <translation>超过此范数的梯度会被截短，防止突变；自动：不截</translation>
    </message>
    <message>
        <source>Share of whole masks</source>
        <translation>完整掩膜的比例</translation>
    </message>
    <message>
        <source>Of the crops, where there are strokes or boxes too; automatic: as it comes</source>
        <translation>同时有笔画或方框时，裁块中来自完整掩膜的比例；自动：顺其自然</translation>
    </message>
    <message>
        <source>Compile the network</source>
        <translation>编译网络</translation>
    </message>
    <message>
        <source>Takes minutes before the first step and is kept where a trial was faster</source>
        <translation>第一步之前需要几分钟，试用更快才采用</translation>
    </message>
    <message>
        <source>Threads of the processor</source>
        <translation>处理器线程数</translation>
    </message>
    <message>
        <source>Fewer leave more of it to other programs</source>
        <translation>越少，留给其他程序的越多</translation>
    </message>
    <message>
        <source>Threads that prepare crops</source>
        <translation>准备裁块的线程数</translation>
    </message>
    <message>
        <source>0 prepares them in between; automatic: by the device</source>
        <translation>0：在步骤之间准备；自动：视设备而定</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>Pulls weights towards zero, against learning by heart</source>
        <translation>使权重趋向零，防止死记硬背</translation>
    </message>
    <message>
        <source>Schedule</source>
        <translation>学习率策略</translation>
    </message>
    <message>
        <source>How the learning rate falls over the run</source>
        <translation>学习率在训练中如何下降</translation>
    </message>
    <message>
        <source>Class weights</source>
        <translation>类别权重</translation>
    </message>
    <message>
        <source>Makes rare classes count more in cross entropy</source>
        <translation>让稀有类别在交叉熵中占更大比重</translation>
    </message>
    <message>
        <source>Balanced crops</source>
        <translation>均衡裁块</translation>
    </message>
    <message>
        <source>Share of the crops that are centred on a class drawn evenly: helps rare classes</source>
        <translation>以均匀抽取的类别为中心的裁块比例：有助于稀有类别</translation>
    </message>
    <message>
        <source>Intensities</source>
        <translation>灰度归一化</translation>
    </message>
    <message>
        <source>Scaled by all training images together, or by each image itself</source>
        <translation>按全部训练图像统一缩放，或按每张图像单独缩放</translation>
    </message>
    <message>
        <source>Averaged weights</source>
        <translation>权重平均</translation>
    </message>
    <message>
        <source>Decay of a running mean of the weights; 0 keeps none</source>
        <translation>权重滑动平均的衰减；0 表示不用</translation>
    </message>
    <message>
        <source>Mixed precision</source>
        <translation>混合精度</translation>
    </message>
    <message>
        <source>Automatic: where the device computes it faster</source>
        <translation>自动：在设备计算更快时使用</translation>
    </message>
    <message>
        <source>Tile size (pixels)</source>
        <translation>图块大小（像素）</translation>
    </message>
    <message>
        <source>Large images are predicted in tiles of this side; automatic: only where needed</source>
        <translation>大图像按此边长分块预测；自动：仅在需要时</translation>
    </message>
    <message>
        <source>Overlap of tiles</source>
        <translation>图块重叠</translation>
    </message>
    <message>
        <source>Share of a tile that its neighbour covers too: more is smoother and slower</source>
        <translation>相邻图块共同覆盖的比例：越大越平滑也越慢</translation>
    </message>
    <message>
        <source>Computed by</source>
        <translation>计算后端</translation>
    </message>
    <message>
        <source>ONNX Runtime and OpenVINO are faster on processors, where they are installed</source>
        <translation>安装了 ONNX Runtime 或 OpenVINO 时，在处理器上更快</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>bf16 takes half the time where the processor has it; auto: where labels stay</source>
        <translation>处理器支持时 bf16 耗时减半；自动：仅在标签不变时使用</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>auto, cpu, cuda, cuda:1 or mps</source>
        <translation>auto、cpu、cuda、cuda:1 或 mps</translation>
    </message>
    <message>
        <source>Rounds of filling</source>
        <translation>填充轮数</translation>
    </message>
    <message>
        <source>How often strokes are filled and learned, where that is done in rounds</source>
        <translation>按轮次学习时，填充并学习涂鸦的次数</translation>
    </message>
    <message>
        <source>Kept for measuring</source>
        <translation>留作验证</translation>
    </message>
    <message>
        <source>Share of the labelled images that are not learned from but measured on</source>
        <translation>不用于学习、只用于测量的已标注图像比例</translation>
    </message>
    <message>
        <source>Patience</source>
        <translation>耐心</translation>
    </message>
    <message>
        <source>Stop after so many measurements without a better mIoU; automatic: never</source>
        <translation>mIoU 连续多少次测量未提高就停止；自动：从不</translation>
    </message>
    <message>
        <source>Exactly repeatable (slower)</source>
        <translation>完全可重复（较慢）</translation>
    </message>
    <message>
        <source>Only algorithms that give the same result on every run</source>
        <translation>只使用每次结果都相同的算法</translation>
    </message>
    <message>
        <source>Mirror left to right</source>
        <translation>左右镜像</translation>
    </message>
    <message>
        <source>Not where left and right differ, as in text</source>
        <translation>左右有别时（如文字）不要使用</translation>
    </message>
    <message>
        <source>Mirror top to bottom</source>
        <translation>上下镜像</translation>
    </message>
    <message>
        <source>Where up means nothing, as under the microscope</source>
        <translation>上下无意义时使用，如显微图像</translation>
    </message>
    <message>
        <source>Enlarge or shrink up to (factor)</source>
        <translation>最大缩放倍数</translation>
    </message>
    <message>
        <source>1 leaves sizes as they are</source>
        <translation>1 表示不改变大小</translation>
    </message>
    <message>
        <source>Turn up to (degrees)</source>
        <translation>最大旋转角度（度）</translation>
    </message>
    <message>
        <source>0 leaves directions as they are</source>
        <translation>0 表示不改变方向</translation>
    </message>
    <message>
        <source>Elastic bending (pixels)</source>
        <translation>弹性变形（像素）</translation>
    </message>
    <message>
        <source>For soft tissue and cells</source>
        <translation>适用于软组织和细胞</translation>
    </message>
    <message>
        <source>Brightness</source>
        <translation>亮度</translation>
    </message>
    <message>
        <source>Brighter or darker by up to so many deviations of the image</source>
        <translation>最多变亮或变暗这么多个图像标准差</translation>
    </message>
    <message>
        <source>Stretched or pressed by up to this share</source>
        <translation>最多拉伸或压缩这个比例</translation>
    </message>
    <message>
        <source>Gamma</source>
        <translation>伽马</translation>
    </message>
    <message>
        <source>How far the curve of the intensities is bent</source>
        <translation>灰度曲线弯曲的程度</translation>
    </message>
    <message>
        <source>Saturation</source>
        <translation>饱和度</translation>
    </message>
    <message>
        <source>More or less colourful by up to this share</source>
        <translation>色彩最多增减这个比例</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>噪声</translation>
    </message>
    <message>
        <source>In deviations of the image, at most</source>
        <translation>最多这么多个图像标准差</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Copy the images, link them (no second copy on this disk) or leave them out</source>
        <translation>复制图像、建立链接（本盘上不产生副本），或不包含图像</translation>
    </message>
    <message>
        <source>Replace an earlier export</source>
        <translation>替换之前的导出</translation>
    </message>
    <message>
        <source>Replace an earlier export in the same folder</source>
        <translation>替换同一文件夹中之前的导出</translation>
    </message>
    <message>
        <source>Masks</source>
        <translation>掩膜</translation>
    </message>
    <message>
        <source>palette: ids with colours; grey: ids alone; colour: RGB in the classes&apos; colours</source>
        <translation>调色板：带颜色的编号；灰度：仅编号；彩色：以类别颜色的 RGB</translation>
    </message>
    <message>
        <source>Instance ids too</source>
        <translation>同时导出实例编号</translation>
    </message>
    <message>
        <source>Also write 16-bit instance ids where an image has instances</source>
        <translation>图像含有实例时，同时写出 16 位实例编号</translation>
    </message>
    <message>
        <source>Shapes</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>rle is exact to the pixel; polygon is for readers that know nothing else</source>
        <translation>rle 精确到像素；多边形供只支持多边形的程序使用</translation>
    </message>
    <message>
        <source>Tolerance (pixels)</source>
        <translation>容差（像素）</translation>
    </message>
    <message>
        <source>By how many pixels a polygon may leave the outline to be shorter</source>
        <translation>为使多边形更短，允许偏离轮廓的像素数</translation>
    </message>
    <message>
        <source>Keep 16 bits</source>
        <translation>保留 16 位</translation>
    </message>
    <message>
        <source>Validation share</source>
        <translation>验证集比例</translation>
    </message>
    <message>
        <source>Test share</source>
        <translation>测试集比例</translation>
    </message>
    <message>
        <source>Random seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>The same number draws the same lots again</source>
        <translation>同样的数字会得到同样的随机结果</translation>
    </message>
    <message>
        <source>Keep together</source>
        <translation>不可拆分</translation>
    </message>
    <message>
        <source>Image inside the JSON</source>
        <translation>图像内嵌于 JSON</translation>
    </message>
    <message>
        <source>Least confidence</source>
        <translation>最低置信度</translation>
    </message>
    <message>
        <source>Labels of</source>
        <translation>采用谁的标注</translation>
    </message>
    <message>
        <source>Pascal VOC layout</source>
        <translation>Pascal VOC 布局</translation>
    </message>
    <message>
        <source>COCO layout</source>
        <translation>COCO 布局</translation>
    </message>
    <message>
        <source>YOLO layout</source>
        <translation>YOLO 布局</translation>
    </message>
    <message>
        <source>nnU-Net layout</source>
        <translation>nnU-Net 布局</translation>
    </message>
    <message>
        <source>Add missing classes</source>
        <translation>添加缺少的类别</translation>
    </message>
    <message>
        <source>Add the classes that the project does not have</source>
        <translation>添加项目中没有的类别</translation>
    </message>
    <message>
        <source>Value of unlabelled</source>
        <translation>未标注的像素值</translation>
    </message>
    <message>
        <source>All objects are of class</source>
        <translation>所有对象的类别</translation>
    </message>
    <message>
        <source>Folder of the masks</source>
        <translation>掩膜文件夹</translation>
    </message>
    <message>
        <source>Write embedded images to</source>
        <translation>将内嵌图像写入</translation>
    </message>
    <message>
        <source>Column of images</source>
        <translation>图像列</translation>
    </message>
    <message>
        <source>Column of masks</source>
        <translation>掩膜列</translation>
    </message>
    <message>
        <source>Take predictions</source>
        <translation>采用预测</translation>
    </message>
    <message>
        <source>0 is unlabelled</source>
        <translation>0 表示未标注</translation>
    </message>
    <message>
        <source>Layout</source>
        <translation>布局</translation>
    </message>
    <message>
        <source>Size of a file (MB)</source>
        <translation>单个文件大小（MB）</translation>
    </message>
    <message>
        <source>Address of the images</source>
        <translation>图像地址</translation>
    </message>
    <message>
        <source>Kind of segmentation</source>
        <translation>分割对象类型</translation>
    </message>
    <message>
        <source>Every viewer reads binary ones; a label map is smaller with many classes</source>
        <translation>二值分割所有查看器都能读取；类别很多时标签图更小</translation>
    </message>
    <message>
        <source>Threshold of fractions</source>
        <translation>分数阈值</translation>
    </message>
    <message>
        <source>From which share on a pixel belongs to a segment</source>
        <translation>像素达到该比例即属于该分割段</translation>
    </message>
    <message>
        <source>Empty slices are background</source>
        <translation>空切片视为背景</translation>
    </message>
    <message>
        <source>Slices that a segmentation refers to but shows nothing on</source>
        <translation>分割所引用但没有任何内容的切片</translation>
    </message>
    <message>
        <source>Folds</source>
        <translation>折数</translation>
    </message>
    <message>
        <source>Parts for cross-validation in splits_final.json; 0 leaves it to nnU-Net</source>
        <translation>splits_final.json 中交叉验证的份数；0 表示由 nnU-Net 决定</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>All cases, or those of one part of a fold of splits_final.json</source>
        <translation>全部病例，或 splits_final.json 中某一折的一个部分</translation>
    </message>
    <message>
        <source>Fold</source>
        <translation>折</translation>
    </message>
    <message>
        <source>The fold that tells the part, counted from 0</source>
        <translation>确定该部分的折，从 0 开始计数</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>balanced</source>
        <translation>均衡</translation>
    </message>
    <message>
        <source>median</source>
        <translation>中位数</translation>
    </message>
    <message>
        <source>effective</source>
        <translation>有效样本数</translation>
    </message>
    <message>
        <source>constant</source>
        <translation>恒定</translation>
    </message>
    <message>
        <source>one_cycle</source>
        <translation>单周期</translation>
    </message>
    <message>
        <source>dataset</source>
        <translation>整个数据集</translation>
    </message>
    <message>
        <source>image</source>
        <translation>单张图像</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关</translation>
    </message>
    <message>
        <source>copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>link</source>
        <translation>链接</translation>
    </message>
    <message>
        <source>palette</source>
        <translation>调色板</translation>
    </message>
    <message>
        <source>grey</source>
        <translation>灰度</translation>
    </message>
    <message>
        <source>colour</source>
        <translation>彩色</translation>
    </message>
    <message>
        <source>polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>binary</source>
        <translation>二值</translation>
    </message>
    <message>
        <source>labelmap</source>
        <translation>标签图</translation>
    </message>
    <message>
        <source>all</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>val</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>标注</translation>
    </message>
    <message>
        <source>Instances</source>
        <translation>实例</translation>
    </message>
    <message>
        <source>Scribbles</source>
        <translation>涂鸦</translation>
    </message>
    <message>
        <source>Superpixels</source>
        <translation>超像素</translation>
    </message>
    <message>
        <source>Boxes and polygons</source>
        <translation>方框与多边形</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>置信度</translation>
    </message>
    <message>
        <source>Prediction errors</source>
        <translation>预测误差</translation>
    </message>
    <message>
        <source>Soft tissue</source>
        <translation>软组织</translation>
    </message>
    <message>
        <source>Lung</source>
        <translation>肺</translation>
    </message>
    <message>
        <source>Bone</source>
        <translation>骨</translation>
    </message>
    <message>
        <source>Brain</source>
        <translation>脑</translation>
    </message>
    <message>
        <source>Liver</source>
        <translation>肝</translation>
    </message>
    <message>
        <source>to do</source>
        <translation>待标注</translation>
    </message>
    <message>
        <source>in progress</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>done</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>reviewed</source>
        <translation>已审核</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>已跳过</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Tool</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>图层</translation>
    </message>
    <message>
        <source>Propagation</source>
        <translation>传播</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Teach</source>
        <translation>教学</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Drag to take labels away; Shift erases a straight line.</source>
        <translation>拖动以擦除标注；按住 Shift 沿直线擦除。</translation>
    </message>
    <message>
        <source>Drag around one object; click a box to select, move or resize it, Del deletes it.</source>
        <translation>拖动框住一个物体；点击方框可选中、移动或缩放，Del 删除。</translation>
    </message>
    <message>
        <source>Draw around an area to fill it; the right button clears the area.</source>
        <translation>圈画一个区域以填充；右键圈画则清除。</translation>
    </message>
    <message>
        <source>Click a connected area of one label to give it the class.</source>
        <translation>点击一块连通的标注区域，将其改为当前类别。</translation>
    </message>
    <message>
        <source>Drag to paint the class; Shift draws a straight line, Ctrl picks a class, the right button erases.</source>
        <translation>拖动以绘制类别；Shift 画直线，Ctrl 选取类别，右键擦除。</translation>
    </message>
    <message>
        <source>Click a box, a polygon or an instance; Shift or Ctrl adds to the selection, a drag on nothing frames it. Drag shapes, points or sides; arrow keys move, a class key gives that class, the right button takes a point away, Del what is selected.</source>
        <translation>单击方框、多边形或实例；按住 Shift 或 Ctrl 可加选，在空白处拖动可框选。可拖动形状、顶点或边；方向键移动，类别键改为该类别，右键删除顶点，Del 删除所选内容。</translation>
    </message>
    <message>
        <source>Drag over the image: every superpixel under the pointer gets the class; the right button erases.</source>
        <translation>在图像上拖动：指针下的每个超像素都会归为当前类别；右键擦除。</translation>
    </message>
    <message>
        <source>Click the corners; Enter closes it, Backspace takes one back. Drag a point or a side to change it; the right button draws a hole.</source>
        <translation>依次点击顶点；Enter 闭合，Backspace 撤回一点。拖动顶点或边可修改；右键绘制孔洞。</translation>
    </message>
    <message>
        <source>Click along an edge: the line follows it. Enter closes and fills, Backspace takes a click back.</source>
        <translation>沿边缘点击：线条会贴合边缘。Enter 闭合并填充，Backspace 撤回一次点击。</translation>
    </message>
    <message>
        <source>Press on an area and drag right for more or left for less: marks what looks like the pixel.</source>
        <translation>按住某处向右拖动扩大、向左拖动缩小：标记与该像素相似的区域。</translation>
    </message>
    <message>
        <source>Drag a box around one object: it is cut out of its background and gets the class.</source>
        <translation>拖动框住一个物体：它会从背景中被分割出来并归为当前类别。</translation>
    </message>
    <message>
        <source>Click a label to pick its class.</source>
        <translation>点击标注以选用其类别。</translation>
    </message>
    <message>
        <source>Drag to measure a distance, in millimetres where the image tells its spacing.</source>
        <translation>拖动以测量距离；图像带有间距信息时以毫米计。</translation>
    </message>
    <message>
        <source>Drag right for more contrast, up for a brighter image; a double click sets it back. The data stay as they are.</source>
        <translation>向右拖动增加对比度，向上拖动变亮；双击还原。数据保持不变。</translation>
    </message>
    <message>
        <source>Drag to move the image; with any tool, hold Space or the middle button.</source>
        <translation>拖动以移动图像；使用任何工具时都可按住空格或中键。</translation>
    </message>
    <message>
        <source>The first choice for small data sets and for microscopy and medical images.</source>
        <translation>小数据集、显微图像和医学图像的首选。</translation>
    </message>
    <message>
        <source>As U-Net, where one training should give a fast small and an exact large network: it can be pruned.</source>
        <translation>与 U-Net 相似；一次训练即可得到快速的小网络和精确的大网络：可以剪枝。</translation>
    </message>
    <message>
        <source>Organs and structures of very different sizes, where time does not matter: the costliest U-Net.</source>
        <translation>适合大小悬殊的器官与结构，且不计时间：开销最大的 U-Net。</translation>
    </message>
    <message>
        <source>Cutting one salient object from its background with fine edges, trained without a backbone.</source>
        <translation>从背景中抠出一个显著物体，边缘精细，无需骨干网络即可训练。</translation>
    </message>
    <message>
        <source>As U²-Net in a twentieth of its size: quick trainings and files of 5 MB.</source>
        <translation>与 U²-Net 相似，大小仅二十分之一：训练快，文件约 5 MB。</translation>
    </message>
    <message>
        <source>Street scenes where memory is short: it keeps the places of maxima instead of whole feature maps.</source>
        <translation>内存紧张时的街景：只保留最大值的位置，而非整张特征图。</translation>
    </message>
    <message>
        <source>The plainest of all, for teaching and for comparison: coarse outlines.</source>
        <translation>最简单的网络，用于教学和比较：轮廓较粗。</translation>
    </message>
    <message>
        <source>For comparison with FCN-32s: the first skip.</source>
        <translation>用于与 FCN-32s 比较：加入第一条跳跃连接。</translation>
    </message>
    <message>
        <source>The FCN to pick where an FCN is asked for: two skips, the finest outlines of the three.</source>
        <translation>需要 FCN 时选它：两条跳跃连接，三者中轮廓最细。</translation>
    </message>
    <message>
        <source>The first choice for photographs: strong, quick to train from pretrained weights, sharp at edges.</source>
        <translation>照片的首选：性能强，从预训练权重出发训练快，边缘清晰。</translation>
    </message>
    <message>
        <source>To study dilated convolutions at their start; pair it with the dense CRF, as its paper does.</source>
        <translation>用于研究空洞卷积的起源；可如论文那样与稠密 CRF 配合。</translation>
    </message>
    <message>
        <source>To follow work on weak labels (scribbles, boxes, tags), much of which builds on it.</source>
        <translation>用于跟进弱标注（涂鸦、方框、标签）方面的工作，其中许多以它为基础。</translation>
    </message>
    <message>
        <source>To start from torchvision&apos;s weights, trained on COCO; else DeepLab v3+ is sharper at edges.</source>
        <translation>可从 torchvision 在 COCO 上训练的权重开始；否则 DeepLab v3+ 的边缘更清晰。</translation>
    </message>
    <message>
        <source>When fine structures matter and memory allows: a heavy decoder over all stages, without dilation.</source>
        <translation>精细结构重要且内存充足时：覆盖所有阶段的重型解码器，不用空洞卷积。</translation>
    </message>
    <message>
        <source>For scenes in which the surroundings tell what a thing is: it looks at the whole image.</source>
        <translation>适合需要靠环境判断物体的场景：它会观察整幅图像。</translation>
    </message>
    <message>
        <source>For thin and small things, such as poles, vessels or landmarks: it never gives up resolution.</source>
        <translation>适合细小物体，如杆、血管或标志点：始终保持分辨率。</translation>
    </message>
    <message>
        <source>For street and indoor scenes with many classes, where the highest accuracy is worth the time.</source>
        <translation>适合类别众多的街景和室内场景，最高精度值得花时间时使用。</translation>
    </message>
    <message>
        <source>When single objects count: it tells touching things of one class apart.</source>
        <translation>需要区分单个物体时：能分开同类的相邻物体。</translation>
    </message>
    <message>
        <source>A small, accurate transformer; NVIDIA&apos;s pretrained weights are for research and evaluation only.</source>
        <translation>小巧而精确的 Transformer；NVIDIA 的预训练权重仅供研究和评估。</translation>
    </message>
    <message>
        <source>For the highest accuracy on photographs with a strong backbone (ConvNeXt, Swin) and a GPU.</source>
        <translation>有强骨干网络（ConvNeXt、Swin）和 GPU 时，在照片上取得最高精度。</translation>
    </message>
    <message>
        <source>The lightest: predicts at once on a laptop without a GPU.</source>
        <translation>最轻量：在没有 GPU 的笔记本电脑上也能立即预测。</translation>
    </message>
    <message>
        <source>For video and live prediction: small, fast, and trained from nothing, on any number of channels.</source>
        <translation>适合视频和实时预测：小而快，可从零训练，通道数不限。</translation>
    </message>
    <message>
        <source>For few labelled images: only a thin layer on pretrained features learns, within seconds or minutes.</source>
        <translation>适合标注图像很少的情况：只训练预训练特征上的薄层，几秒到几分钟即可。</translation>
    </message>
    <message>
        <source>The most accurate today, for pretrained transformers and a large GPU.</source>
        <translation>当今最精确，适合预训练 Transformer 和大显存 GPU。</translation>
    </message>
    <message>
        <source>Binary cross entropy (log loss)</source>
        <translation>二元交叉熵（对数损失）</translation>
    </message>
    <message>
        <source>One foreground class, about as common as the background.</source>
        <translation>一个前景类别，与背景大致同样常见。</translation>
    </message>
    <message>
        <source>Cross entropy</source>
        <translation>交叉熵</translation>
    </message>
    <message>
        <source>The plain choice for several classes; joined with dice it is the default.</source>
        <translation>多类别的普通选择；与 Dice 组合即为默认。</translation>
    </message>
    <message>
        <source>Weighted cross entropy</source>
        <translation>加权交叉熵</translation>
    </message>
    <message>
        <source>Classes of very unequal area, where plain cross entropy forgets the rare ones.</source>
        <translation>类别面积悬殊，普通交叉熵会忽略稀有类别时使用。</translation>
    </message>
    <message>
        <source>Partial cross entropy</source>
        <translation>部分交叉熵</translation>
    </message>
    <message>
        <source>Strokes instead of masks: only the pixels that were drawn count; join it with crf.</source>
        <translation>以涂鸦代替掩膜：仅画过的像素参与计算；与 crf 合用。</translation>
    </message>
    <message>
        <source>Focal loss</source>
        <translation>Focal 损失</translation>
    </message>
    <message>
        <source>Small objects in much easy background.</source>
        <translation>大片简单背景中的小物体。</translation>
    </message>
    <message>
        <source>Dice</source>
        <translation>Dice</translation>
    </message>
    <message>
        <source>Rare foreground and overlap as the measure, as in medicine; best joined with cross entropy.</source>
        <translation>前景稀少且以重叠为指标，如医学图像；最好与交叉熵组合。</translation>
    </message>
    <message>
        <source>IoU (Jaccard)</source>
        <translation>IoU（Jaccard）</translation>
    </message>
    <message>
        <source>As dice, where IoU is the measure.</source>
        <translation>与 Dice 相似，以 IoU 为指标时使用。</translation>
    </message>
    <message>
        <source>Tversky (focal Tversky with gamma)</source>
        <translation>Tversky（带 gamma 时为 Focal Tversky）</translation>
    </message>
    <message>
        <source>Missing an object is worse than finding one too many, or the other way round.</source>
        <translation>漏掉物体比多检更糟，或者相反时使用。</translation>
    </message>
    <message>
        <source>Soft Dice on [-1, 1]</source>
        <translation>[-1, 1] 上的 Soft Dice</translation>
    </message>
    <message>
        <source>Images that are often empty: background counts too, so that nothing found where nothing is scores.</source>
        <translation>图像常常为空时：背景也计入，没有物体而未检出也能得分。</translation>
    </message>
    <message>
        <source>Lovász hinge and Lovász-Softmax</source>
        <translation>Lovász hinge 与 Lovász-Softmax</translation>
    </message>
    <message>
        <source>The last per cent of IoU: fine-tune with it after cross entropy.</source>
        <translation>争取最后一点 IoU：在交叉熵之后用它微调。</translation>
    </message>
    <message>
        <source>MS-SSIM</source>
        <translation>MS-SSIM</translation>
    </message>
    <message>
        <source>Crisp boundaries; with iou and focal it is the hybrid loss of U-Net 3+.</source>
        <translation>边界清晰；与 iou 和 focal 组合即为 U-Net 3+ 的混合损失。</translation>
    </message>
    <message>
        <source>The probability of the label, 1/classes to 1</source>
        <translation>标签的概率，1/类别数 到 1</translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>How spread the classes are: 0 is sure, 1 is a guess</source>
        <translation>类别的分散程度：0 为确定，1 为猜测</translation>
    </message>
    <message>
        <source>Margin</source>
        <translation>间隔</translation>
    </message>
    <message>
        <source>How far the best class is ahead of the second, 0 to 1</source>
        <translation>最佳类别领先第二类别的程度，0 到 1</translation>
    </message>
    <message>
        <source>Unlike the training</source>
        <translation>与训练数据不同</translation>
    </message>
    <message>
        <source>Unlike the training (largest logit)</source>
        <translation>与训练数据不同（最大 logit）</translation>
    </message>
    <message>
        <source>By the largest logit: 0 is the middle of the training, 1 its strangest hundredth</source>
        <translation>按最大 logit：0 为训练数据的中位，1 为其最异常的百分之一</translation>
    </message>
    <message>
        <source>Least certain</source>
        <translation>最不确定</translation>
    </message>
    <message>
        <source>Closest call</source>
        <translation>最难分辨</translation>
    </message>
    <message>
        <source>Begin where two classes are nearly as likely: good where a few classes are easily confused.</source>
        <translation>从两个类别几乎同样可能的图像开始：适合少数类别容易混淆的情况。</translation>
    </message>
    <message>
        <source>Most disagreement (MC dropout)</source>
        <translation>分歧最大（MC dropout）</translation>
    </message>
    <message>
        <source>Begin where several versions of the network disagree, and leave noise alone; takes five times as long.</source>
        <translation>从网络的多个版本意见不一的图像开始，不受噪声影响；耗时为五倍。</translation>
    </message>
    <message>
        <source>Least like the rest (core-set)</source>
        <translation>最与众不同（core-set）</translation>
    </message>
    <message>
        <source>Begin with images unlike those labelled so far: good for the first images and for mixed collections.</source>
        <translation>从与已标注图像最不相似的图像开始：适合最初的图像和混杂的图像集。</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>No preference: what the other orders must beat.</source>
        <translation>无偏好：其他顺序应当优于它。</translation>
    </message>
    <message>
        <source>The masks are finished: every labelled pixel counts, whoever made it.</source>
        <translation>掩膜已完成：每个已标注的像素都参与训练，无论由谁标注。</translation>
    </message>
    <message>
        <source>Strokes only</source>
        <translation>仅涂鸦</translation>
    </message>
    <message>
        <source>Only strokes were drawn and nothing shall be guessed from them: drawn pixels alone count.</source>
        <translation>只画了涂鸦且不希望由此推测：仅画过的像素参与训练。</translation>
    </message>
    <message>
        <source>Strokes and boxes, filled once</source>
        <translation>涂鸦和框，填充一次</translation>
    </message>
    <message>
        <source>Strokes or boxes and little time: they are filled once, and doubtful pixels count less.</source>
        <translation>有涂鸦或框但时间不多：填充一次，不确定的像素权重较低。</translation>
    </message>
    <message>
        <source>Strokes and boxes, filled in rounds (ScribbleSup)</source>
        <translation>涂鸦和框，多轮填充（ScribbleSup）</translation>
    </message>
    <message>
        <source>Strokes or boxes and more time: the network helps to fill them, and learns from that again.</source>
        <translation>有涂鸦或框且时间充裕：网络协助填充，并再次从中学习。</translation>
    </message>
    <message>
        <source>Boxes or tags, guessed at each step (EM-Fixed)</source>
        <translation>框或标签，每步推测（EM-Fixed）</translation>
    </message>
    <message>
        <source>Boxes around the objects, or image tags and a trained network to start from.</source>
        <translation>目标周围有框，或有图像标签并从已训练的网络开始。</translation>
    </message>
    <message>
        <source>Image tags with shares (EM-Adapt)</source>
        <translation>带占比的图像标签（EM-Adapt）</translation>
    </message>
    <message>
        <source>Image tags, where each class covers about a fifth of its images.</source>
        <translation>图像标签，且每个类别约占其图像的五分之一。</translation>
    </message>
    <message>
        <source>Image tags with bounds (CCNN)</source>
        <translation>带界限的图像标签（CCNN）</translation>
    </message>
    <message>
        <source>Image tags, where only bounds of what classes cover are known.</source>
        <translation>图像标签，且只知道各类别所占面积的界限。</translation>
    </message>
    <message>
        <source>Mask PNG</source>
        <translation>掩膜 PNG</translation>
    </message>
    <message>
        <source>An index PNG beside each image, with the colours of the classes as its palette.</source>
        <translation>每张图像旁有一个索引 PNG，以类别颜色为调色板。</translation>
    </message>
    <message>
        <source>Keep 16-bit grey images in 16 bits; otherwise they become 8-bit in the range that is shown</source>
        <translation>16 位灰度图像保持 16 位；否则按显示范围变为 8 位</translation>
    </message>
    <message>
        <source>COCO panoptic</source>
        <translation>COCO 全景</translation>
    </message>
    <message>
        <source>A PNG of segments for each image and one JSON, for panoptic training in Detectron2 and MMDetection.</source>
        <translation>每张图像一个分割 PNG 加一个 JSON，供 Detectron2 和 MMDetection 全景训练使用。</translation>
    </message>
    <message>
        <source>Share of the images for validation</source>
        <translation>用于验证的图像比例</translation>
    </message>
    <message>
        <source>Share of the images for testing</source>
        <translation>用于测试的图像比例</translation>
    </message>
    <message>
        <source>By the network&apos;s features: 0 is the middle of the training, 1 its strangest hundredth</source>
        <translation>按网络特征：0 为训练数据的中位，1 为其中最陌生的百分之一</translation>
    </message>
    <message>
        <source>Stands for most others</source>
        <translation>最能代表其余图像</translation>
    </message>
    <message>
        <source>The sensible default: begin with images that many others look like, but none of those labelled so far.</source>
        <translation>合理的默认选择：先标注与许多其他图像相似、但与已标注图像不相似的图像。</translation>
    </message>
    <message>
        <source>Begin with the images whose pixels the network is least sure of: they are hard ones, and teach it late.</source>
        <translation>先标注网络最没有把握的图像：它们较难，早期对网络的帮助不大。</translation>
    </message>
    <message>
        <source>What stays together: file (frames of one), folder, or a pattern whose bracket tells the group, as in patient(\d+)</source>
        <translation>不可拆开的部分：file（同一文件的各帧）、folder（文件夹），或以括号标明分组的模式，如 patient(\d+)</translation>
    </message>
    <message>
        <source>Cityscapes</source>
        <translation>Cityscapes</translation>
    </message>
    <message>
        <source>Label, train and instance ids with polygons, for torchvision&apos;s Cityscapes and code for driving scenes.</source>
        <translation>标签、训练和实例编号以及多边形，供 torchvision 的 Cityscapes 和驾驶场景代码使用。</translation>
    </message>
    <message>
        <source>ADE20K</source>
        <translation>ADE20K</translation>
    </message>
    <message>
        <source>Index masks in the folders of the scene parsing challenge, for MMSegmentation and more.</source>
        <translation>按场景解析挑战赛的文件夹结构存放索引掩膜，供 MMSegmentation 等使用。</translation>
    </message>
    <message>
        <source>Polygons, or boxes only</source>
        <translation>多边形，或仅方框</translation>
    </message>
    <message>
        <source>Auto: masks for objects with holes only; mask: for all</source>
        <translation>auto：仅带孔洞的物体用掩膜；mask：全部用掩膜</translation>
    </message>
    <message>
        <source>Put the image into the JSON as well, which makes it large and slow</source>
        <translation>把图像也放进 JSON，会使文件又大又慢</translation>
    </message>
    <message>
        <source>CVAT for images 1.1</source>
        <translation>CVAT for images 1.1</translation>
    </message>
    <message>
        <source>An XML of exact masks or polygons, to go on labelling in CVAT.</source>
        <translation>包含精确掩膜或多边形的 XML，可在 CVAT 中继续标注。</translation>
    </message>
    <message>
        <source>Mask: exact to the pixel; polygon: outlines</source>
        <translation>mask：精确到像素；polygon：轮廓</translation>
    </message>
    <message>
        <source>Datumaro</source>
        <translation>Datumaro</translation>
    </message>
    <message>
        <source>A JSON of exact masks, from which Datumaro converts to many formats.</source>
        <translation>包含精确掩膜的 JSON，可由 Datumaro 转换为多种格式。</translation>
    </message>
    <message>
        <source>Label Studio</source>
        <translation>Label Studio</translation>
    </message>
    <message>
        <source>One JSON of tasks with exact brush masks or polygons, to go on labelling in Label Studio.</source>
        <translation>一个任务 JSON，含精确到像素的画笔掩膜或多边形，可在 Label Studio 中继续标注。</translation>
    </message>
    <message>
        <source>Brush: exact to the pixel; polygon: outlines</source>
        <translation>画笔：精确到像素；多边形：轮廓</translation>
    </message>
    <message>
        <source>What stands before the names of the images: where Label Studio finds them</source>
        <translation>图像名称前的地址：Label Studio 在此处查找图像</translation>
    </message>
    <message>
        <source>Hugging Face data set</source>
        <translation>Hugging Face 数据集</translation>
    </message>
    <message>
        <source>A folder with metadata.jsonl, or Parquet files, for Hugging Face&apos;s datasets and transformers.</source>
        <translation>带 metadata.jsonl 的文件夹或 Parquet 文件，供 Hugging Face 的 datasets 和 transformers 使用。</translation>
    </message>
    <message>
        <source>Folder: files with metadata.jsonl; parquet: few large files with everything inside</source>
        <translation>文件夹：单独的文件加 metadata.jsonl；parquet：少量大文件，包含全部内容</translation>
    </message>
    <message>
        <source>Megabytes after which another Parquet file begins</source>
        <translation>超过此大小（MB）后另起一个 Parquet 文件</translation>
    </message>
    <message>
        <source>NIfTI label maps</source>
        <translation>NIfTI 标注图</translation>
    </message>
    <message>
        <source>Volumes of class ids on the grid of their image, for ITK-SNAP, 3D Slicer and MONAI.</source>
        <translation>与图像网格一致的类别编号体数据，供 ITK-SNAP、3D Slicer 和 MONAI 使用。</translation>
    </message>
    <message>
        <source>DICOM segmentation</source>
        <translation>DICOM 分割（SEG）</translation>
    </message>
    <message>
        <source>An object for each DICOM series that refers to its slices, for 3D Slicer, OHIF and PACS.</source>
        <translation>为每个 DICOM 序列生成一个引用其切片的分割对象，供 3D Slicer、OHIF 和 PACS 使用。</translation>
    </message>
    <message>
        <source>the folder with images/ and masks/, or a folder of masks</source>
        <translation>含 images/ 和 masks/ 的文件夹，或掩膜文件夹</translation>
    </message>
    <message>
        <source>The folder with the masks, where it is not called masks</source>
        <translation>掩膜所在文件夹（名称不是 masks 时填写）</translation>
    </message>
    <message>
        <source>The value that means unlabelled here</source>
        <translation>此处表示未标注的值</translation>
    </message>
    <message>
        <source>The class of all objects, where the values of the masks are objects and not classes</source>
        <translation>当掩膜的值表示对象而非类别时，所有对象所属的类别</translation>
    </message>
    <message>
        <source>the JSON file with images, annotations and categories, or the folder with such</source>
        <translation>含有 images、annotations 和 categories 的 JSON 文件，或存放这类文件的文件夹</translation>
    </message>
    <message>
        <source>the JSON file with segments_info, or the folder of panoptic.json</source>
        <translation>含 segments_info 的 JSON 文件，或 panoptic.json 所在文件夹</translation>
    </message>
    <message>
        <source>the folder with SegmentationClass or Annotations, and JPEGImages</source>
        <translation>含 SegmentationClass 或 Annotations 以及 JPEGImages 的文件夹</translation>
    </message>
    <message>
        <source>the folder with gtFine and leftImg8bit</source>
        <translation>含 gtFine 和 leftImg8bit 的文件夹</translation>
    </message>
    <message>
        <source>the folder with images and annotations, or that of the full ADE20K</source>
        <translation>含 images 和 annotations 的文件夹，或完整 ADE20K 的文件夹</translation>
    </message>
    <message>
        <source>0 is unlabelled and classes are numbered from 1; else 0 is the first class</source>
        <translation>0 表示未标注，类别从 1 开始编号；否则 0 是第一个类别</translation>
    </message>
    <message>
        <source>data.yaml, or the folder that holds it</source>
        <translation>data.yaml 或其所在文件夹</translation>
    </message>
    <message>
        <source>a labelme JSON file or the folder with them</source>
        <translation>一个 labelme JSON 文件或其所在文件夹</translation>
    </message>
    <message>
        <source>Where to write images that are only embedded in the JSON files</source>
        <translation>仅内嵌在 JSON 文件中的图像写到哪里</translation>
    </message>
    <message>
        <source>annotations.xml, or the folder that holds it</source>
        <translation>annotations.xml 或其所在文件夹</translation>
    </message>
    <message>
        <source>annotations/default.json, or the folder of the data set</source>
        <translation>annotations/default.json 或数据集文件夹</translation>
    </message>
    <message>
        <source>the folder with meta.json</source>
        <translation>含 meta.json 的文件夹</translation>
    </message>
    <message>
        <source>an ISAT JSON file or the folder with them</source>
        <translation>一个 ISAT JSON 文件或其所在文件夹</translation>
    </message>
    <message>
        <source>an X-AnyLabeling JSON file or the folder with them</source>
        <translation>一个 X-AnyLabeling JSON 文件或其所在文件夹</translation>
    </message>
    <message>
        <source>the JSON or JSON-MIN file that Label Studio exports, or its folder</source>
        <translation>Label Studio 导出的 JSON 或 JSON-MIN 文件，或其所在文件夹</translation>
    </message>
    <message>
        <source>Take the newest prediction of tasks that nobody annotated</source>
        <translation>对无人标注的任务采用最新的预测</translation>
    </message>
    <message>
        <source>the folder with metadata.jsonl or Parquet files, or one of these</source>
        <translation>含 metadata.jsonl 或 Parquet 文件的文件夹，或其中一个文件</translation>
    </message>
    <message>
        <source>Where to write images that are inside Parquet files</source>
        <translation>Parquet 文件中的图像写到哪里</translation>
    </message>
    <message>
        <source>The column of the images, where it is not found by itself</source>
        <translation>图像所在的列（无法自动找到时填写）</translation>
    </message>
    <message>
        <source>The column of the masks, where it is not found by itself</source>
        <translation>掩膜所在的列（无法自动找到时填写）</translation>
    </message>
    <message>
        <source>the folder with labels/ and images/, or a label map</source>
        <translation>含 labels/ 和 images/ 的文件夹，或一个标签图</translation>
    </message>
    <message>
        <source>a .seg.nrrd file or the folder with them</source>
        <translation>一个 .seg.nrrd 文件或其所在文件夹</translation>
    </message>
    <message>
        <source>a DICOM segmentation or the folder with them</source>
        <translation>DICOM 分割文件或其所在文件夹</translation>
    </message>
    <message>
        <source>the folder DatasetNNN_NAME with dataset.json</source>
        <translation>含 dataset.json 的 DatasetNNN_NAME 文件夹</translation>
    </message>
    <message>
        <source>segstudio project</source>
        <translation>segstudio 项目</translation>
    </message>
    <message>
        <source>the folder NAME.segstudio of another project</source>
        <translation>另一个项目的文件夹 NAME.segstudio</translation>
    </message>
    <message>
        <source>Automatic: all cues, weighed</source>
        <translation>自动：加权所有线索</translation>
    </message>
    <message>
        <source>The first choice: weighs colour, texture, paths, edges and place by what your strokes say.</source>
        <translation>首选：根据您的涂鸦加权颜色、纹理、路径、边缘和位置。</translation>
    </message>
    <message>
        <source>Smoothness</source>
        <translation>平滑度</translation>
    </message>
    <message>
        <source>How dear a border between two classes is</source>
        <translation>两个类别之间边界的代价</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>How much likeness of colour counts; 0 leaves it out</source>
        <translation>颜色相似度的权重；0 表示不用</translation>
    </message>
    <message>
        <source>Texture</source>
        <translation>纹理</translation>
    </message>
    <message>
        <source>How much likeness of texture counts; 0 leaves it out</source>
        <translation>纹理相似度的权重；0 表示不用</translation>
    </message>
    <message>
        <source>Paths</source>
        <translation>路径</translation>
    </message>
    <message>
        <source>How much the cheapest path to a stroke counts; 0 leaves it out</source>
        <translation>到涂鸦的最短代价路径的权重；0 表示不用</translation>
    </message>
    <message>
        <source>Edges</source>
        <translation>边缘</translation>
    </message>
    <message>
        <source>How much the strongest edge on the way counts; 0 leaves it out</source>
        <translation>途中最强边缘的权重；0 表示不用</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>How much the distance to a stroke counts; 0 leaves it out</source>
        <translation>到涂鸦距离的权重；0 表示不用</translation>
    </message>
    <message>
        <source>Random walks</source>
        <translation>随机游走</translation>
    </message>
    <message>
        <source>How much random walks count; 0 leaves them out</source>
        <translation>随机游走的权重；0 表示不用</translation>
    </message>
    <message>
        <source>Cuts</source>
        <translation>图割</translation>
    </message>
    <message>
        <source>How much graph cuts count; 0 leaves them out</source>
        <translation>图割的权重；0 表示不用</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>How much a trained network counts; 0 leaves it out</source>
        <translation>已训练网络的权重；0 表示不用</translation>
    </message>
    <message>
        <source>Other images</source>
        <translation>其他图像</translation>
    </message>
    <message>
        <source>How much the strokes and accepted masks of the project&apos;s other images count; 0 leaves them out</source>
        <translation>项目中其他图像的笔画和已接受掩膜所占的分量；0 表示不使用</translation>
    </message>
    <message>
        <source>ScribbleSup</source>
        <translation>ScribbleSup</translation>
    </message>
    <message>
        <source>Scenes of many parts, such as streets: a graph cut over superpixels.</source>
        <translation>由许多部分组成的场景，例如街道：超像素上的图割。</translation>
    </message>
    <message>
        <source>Colour width</source>
        <translation>颜色宽度</translation>
    </message>
    <message>
        <source>How different neighbours may be in colour</source>
        <translation>相邻区域颜色可以相差多少</translation>
    </message>
    <message>
        <source>Texture width</source>
        <translation>纹理宽度</translation>
    </message>
    <message>
        <source>How different neighbours may be in texture</source>
        <translation>相邻区域纹理可以相差多少</translation>
    </message>
    <message>
        <source>How much a trained network counts</source>
        <translation>已训练网络的权重</translation>
    </message>
    <message>
        <source>Random walker</source>
        <translation>随机游走</translation>
    </message>
    <message>
        <source>Soft tissue and other pictures with weak, unbroken borders, such as MRI.</source>
        <translation>软组织等边界弱但连续的图像，例如 MRI。</translation>
    </message>
    <message>
        <source>Contrast</source>
        <translation>对比度</translation>
    </message>
    <message>
        <source>How much contrast holds a walk back</source>
        <translation>对比度对游走的阻碍程度</translation>
    </message>
    <message>
        <source>Geodesic distance</source>
        <translation>测地距离</translation>
    </message>
    <message>
        <source>Even regions with clear borders; quick.</source>
        <translation>均匀且边界清晰的区域；速度快。</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>长度</translation>
    </message>
    <message>
        <source>What a step costs where the colour stays the same</source>
        <translation>颜色不变时每一步的代价</translation>
    </message>
    <message>
        <source>GrabCut</source>
        <translation>GrabCut</translation>
    </message>
    <message>
        <source>One object of its own colours before a background, in photographs.</source>
        <translation>照片中与背景颜色不同的单个物体。</translation>
    </message>
    <message>
        <source>Iterations</source>
        <translation>迭代次数</translation>
    </message>
    <message>
        <source>How often colours and borders are found anew</source>
        <translation>重新估计颜色和边界的次数</translation>
    </message>
    <message>
        <source>Nearest stroke</source>
        <translation>最近的涂鸦</translation>
    </message>
    <message>
        <source>Where the image says nothing: each pixel goes to its nearest stroke.</source>
        <translation>图像没有可用信息时：每个像素归最近的涂鸦。</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>The first choice for objects of any kind.</source>
        <translation>适用于任何物体的首选。</translation>
    </message>
    <message>
        <source>All boxes together</source>
        <translation>所有框一起判断</translation>
    </message>
    <message>
        <source>Cells, organs, things in a scene; boxes that overlap.</source>
        <translation>细胞、器官、场景中的物体；彼此重叠的框。</translation>
    </message>
    <message>
        <source>Whole boxes</source>
        <translation>整个方框</translation>
    </message>
    <message>
        <source>Where objects are boxes.</source>
        <translation>物体本身就是方形时。</translation>
    </message>
    <message>
        <source>Ellipses</source>
        <translation>椭圆</translation>
    </message>
    <message>
        <source>Round objects without a clear border, as in MRI.</source>
        <translation>没有清晰边界的圆形物体，例如 MRI。</translation>
    </message>
    <message>
        <source>Ellipse and dense CRF</source>
        <translation>椭圆加稠密 CRF</translation>
    </message>
    <message>
        <source>Round objects with clear colours, such as nuclei.</source>
        <translation>颜色清晰的圆形物体，例如细胞核。</translation>
    </message>
    <message>
        <source>Bbox-Seg</source>
        <translation>Bbox-Seg</translation>
    </message>
    <message>
        <source>The published recipe: a dense CRF from the middle of each box.</source>
        <translation>论文的做法：从每个方框中部出发的稠密 CRF。</translation>
    </message>
    <message>
        <source>One large object of its own colours in each box, in photographs.</source>
        <translation>照片中每个方框内一个颜色独特的大物体。</translation>
    </message>
    <message>
        <source>acdc</source>
        <translation>ACDC 心脏</translation>
    </message>
    <message>
        <source>camvid</source>
        <translation>CamVid 街景</translation>
    </message>
    <message>
        <source>cityscapes</source>
        <translation>Cityscapes 街景</translation>
    </message>
    <message>
        <source>colour blind safe</source>
        <translation>色盲友好</translation>
    </message>
    <message>
        <source>nuclei</source>
        <translation>细胞核</translation>
    </message>
    <message>
        <source>voc</source>
        <translation>Pascal VOC</translation>
    </message>
    <message>
        <source>The value of pixels and slices without a label</source>
        <translation>没有标注的像素和切片的取值</translation>
    </message>
    <message>
        <source>NRRD segmentation</source>
        <translation>NRRD 分割</translation>
    </message>
    <message>
        <source>Volumes of class ids with names and colours, for 3D Slicer.</source>
        <translation>带名称和颜色的类别编号体数据，供 3D Slicer 使用。</translation>
    </message>
    <message>
        <source>Pseudo-label data set</source>
        <translation>伪标签数据集</translation>
    </message>
    <message>
        <source>One split in the layouts of torchvision, pycocotools, YOLO and nnU-Net, with provenance and a data card.</source>
        <translation>以 torchvision、pycocotools、YOLO 和 nnU-Net 的布局输出同一划分，附来源图和数据卡。</translation>
    </message>
    <message>
        <source>Pixels of which the network was less sure than this become unlabelled</source>
        <translation>网络置信度低于此值的像素变为未标注</translation>
    </message>
    <message>
        <source>Whose pixels are labels: everyone&apos;s, all but the network&apos;s, or people&apos;s only</source>
        <translation>哪些像素算作标注：全部、除网络之外的，或仅人工的</translation>
    </message>
    <message>
        <source>Pascal VOC, for torchvision&apos;s VOCSegmentation</source>
        <translation>Pascal VOC，供 torchvision 的 VOCSegmentation 使用</translation>
    </message>
    <message>
        <source>COCO instances, a folder for each set, for pycocotools</source>
        <translation>COCO 实例，每个子集一个文件夹，供 pycocotools 使用</translation>
    </message>
    <message>
        <source>YOLO polygons, for Ultralytics and its kin</source>
        <translation>YOLO 多边形，供 Ultralytics 等使用</translation>
    </message>
    <message>
        <source>A raw data set for nnU-Net, without the test set</source>
        <translation>nnU-Net 原始数据集，不含测试集</translation>
    </message>
    <message>
        <source>nnU-Net v2</source>
        <translation>nnU-Net v2</translation>
    </message>
    <message>
        <source>A raw data set for nnU-Net: volumes as NIfTI, plain images as PNG.</source>
        <translation>nnU-Net 的原始数据集：体数据为 NIfTI，普通图像为 PNG。</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>The number of the data set</source>
        <translation>数据集的编号</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Its name: letters, digits and underscores</source>
        <translation>数据集名称：字母、数字和下划线</translation>
    </message>
    <message>
        <source>Supervisely</source>
        <translation>Supervisely</translation>
    </message>
    <message>
        <source>A JSON of exact bitmaps for each image, to go on labelling in Supervisely.</source>
        <translation>每张图像一个包含精确位图的 JSON，可在 Supervisely 中继续标注。</translation>
    </message>
    <message>
        <source>ISAT</source>
        <translation>ISAT</translation>
    </message>
    <message>
        <source>A JSON of layered polygons for each image, to go on labelling in ISAT.</source>
        <translation>每张图像一个包含分层多边形的 JSON，可在 ISAT 中继续标注。</translation>
    </message>
    <message>
        <source>X-AnyLabeling</source>
        <translation>X-AnyLabeling</translation>
    </message>
    <message>
        <source>A JSON of polygons beside each image, to go on labelling in X-AnyLabeling.</source>
        <translation>每张图像旁有一个多边形 JSON，可在 X-AnyLabeling 中继续标注。</translation>
    </message>
    <message>
        <source>COCO instances</source>
        <translation>COCO 实例</translation>
    </message>
    <message>
        <source>One JSON of objects, for Detectron2, MMDetection, torchvision and many more.</source>
        <translation>一个物体 JSON 文件，供 Detectron2、MMDetection、torchvision 等使用。</translation>
    </message>
    <message>
        <source>Pascal VOC</source>
        <translation>Pascal VOC</translation>
    </message>
    <message>
        <source>Class and object masks with boxes, for torchvision and most training code; images as JPEG.</source>
        <translation>类别掩膜、物体掩膜和方框，供 torchvision 和大多数训练代码使用；图像存为 JPEG。</translation>
    </message>
    <message>
        <source>YOLO</source>
        <translation>YOLO</translation>
    </message>
    <message>
        <source>Polygons or boxes in text files, for Ultralytics and its kin.</source>
        <translation>文本文件中的多边形或方框，供 Ultralytics 等使用。</translation>
    </message>
    <message>
        <source>labelme</source>
        <translation>labelme</translation>
    </message>
    <message>
        <source>A JSON of polygons and masks beside each image, to go on labelling in labelme or X-AnyLabeling.</source>
        <translation>每张图像旁有一个包含多边形和掩膜的 JSON，可在 labelme 或 X-AnyLabeling 中继续标注。</translation>
    </message>
    <message>
        <source>right</source>
        <translation>正确</translation>
    </message>
    <message>
        <source>missed</source>
        <translation>漏标</translation>
    </message>
    <message>
        <source>too much</source>
        <translation>多标</translation>
    </message>
    <message>
        <source>wrong class</source>
        <translation>类别错误</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>like ImageNet (most photographs)</source>
        <translation>按 ImageNet（多数照片）</translation>
    </message>
    <message>
        <source>from 0 to 1</source>
        <translation>0 到 1</translation>
    </message>
    <message>
        <source>from -1 to 1</source>
        <translation>-1 到 1</translation>
    </message>
    <message>
        <source>from 0 to 255</source>
        <translation>0 到 255</translation>
    </message>
    <message>
        <source>each image by its own mean and deviation</source>
        <translation>按每幅图像自身的均值和标准差</translation>
    </message>
    <message>
        <source>Axial</source>
        <translation>横断面</translation>
    </message>
    <message>
        <source>Coronal</source>
        <translation>冠状面</translation>
    </message>
    <message>
        <source>Sagittal</source>
        <translation>矢状面</translation>
    </message>
    <message>
        <source>Slice</source>
        <translation>切片</translation>
    </message>
    <message>
        <source>Across the rows</source>
        <translation>横切行</translation>
    </message>
    <message>
        <source>Across the columns</source>
        <translation>横切列</translation>
    </message>
    <message>
        <source>As added</source>
        <translation>按添加顺序</translation>
    </message>
    <message>
        <source>By folder and name</source>
        <translation>按文件夹和名称</translation>
    </message>
    <message>
        <source>By state, to do first</source>
        <translation>按状态，待办在前</translation>
    </message>
    <message>
        <source>Least certain first</source>
        <translation>最不确定的在前</translation>
    </message>
    <message>
        <source>ACDC (heart, MRI)</source>
        <translation>ACDC（心脏，MRI）</translation>
    </message>
    <message>
        <source>Object and background</source>
        <translation>对象与背景</translation>
    </message>
    <message>
        <source>CamVid (driving)</source>
        <translation>CamVid（驾驶场景）</translation>
    </message>
    <message>
        <source>Cityscapes (driving)</source>
        <translation>Cityscapes（驾驶场景）</translation>
    </message>
    <message>
        <source>Class 1 to 7 in colours for the colour-blind</source>
        <translation>类别 1 至 7（色盲友好配色）</translation>
    </message>
    <message>
        <source>Nuclei (microscopy)</source>
        <translation>细胞核（显微镜）</translation>
    </message>
    <message>
        <source>Pascal VOC (photographs)</source>
        <translation>Pascal VOC（照片）</translation>
    </message>
</context>
<context>
    <name>TagsPanel</name>
    <message>
        <source>Click a class: it is in the image, it is not, unknown.</source>
        <translation>点击类别切换：存在、不存在、未知。</translation>
    </message>
    <message>
        <source>Classes in this image</source>
        <translation>此图像中的类别</translation>
    </message>
    <message>
        <source>Click or Space: present, absent, unknown</source>
        <translation>点击或按空格：存在、不存在、未知</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>A note about this image</source>
        <translation>关于此图像的备注</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>present</source>
        <translation>存在</translation>
    </message>
    <message>
        <source>absent</source>
        <translation>不存在</translation>
    </message>
</context>
<context>
    <name>TeachPanel</name>
    <message>
        <source>Teach mode</source>
        <translation>教学模式</translation>
    </message>
    <message>
        <source>Learn in the background from the images that are accepted, and label the others ahead</source>
        <translation>在后台学习已接受的图像，并提前标注其余图像</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>更改…</translation>
    </message>
    <message>
        <source>Change network and recipe</source>
        <translation>更改网络与训练方案</translation>
    </message>
    <message>
        <source>&amp;Ask first</source>
        <translation>优先标注(&amp;A)</translation>
    </message>
    <message>
        <source>Which image to ask for first</source>
        <translation>优先请您标注哪些图像</translation>
    </message>
    <message>
        <source>Accept and go on</source>
        <translation>接受并继续</translation>
    </message>
    <message>
        <source>The labels are right: learn from them, open the next image</source>
        <translation>标注正确：用其学习，并打开下一张图像</translation>
    </message>
    <message>
        <source>Stop teaching</source>
        <translation>停止教学</translation>
    </message>
    <message>
        <source>Start teaching</source>
        <translation>开始教学</translation>
    </message>
    <message>
        <source>Off. It learns from the images that you accept and labels the others ahead of you.</source>
        <translation>已关闭。开启后，它会学习您接受的图像，并提前标注其余图像。</translation>
    </message>
    <message>
        <source>Waiting: {accepted} of {needed} images accepted. Label one and accept it.</source>
        <translation>等待中：已接受 {accepted} 张，至少需要 {needed} 张。请标注一张并接受。</translation>
    </message>
    <message>
        <source>Waiting: the accepted images show one class only. Label another class too.</source>
        <translation>等待中：已接受的图像只包含一个类别。请再标注另一个类别。</translation>
    </message>
    <message>
        <source>{count} images pre-labelled</source>
        <translation>已预标注 {count} 张图像</translation>
    </message>
    <message>
        <source>next: {name}</source>
        <translation>下一张：{name}</translation>
    </message>
    <message>
        <source>uncertainty {value:.2f}</source>
        <translation>不确定度 {value:.2f}</translation>
    </message>
    <message>
        <source>images open without pre-labels until these are worth correcting</source>
        <translation>在预标注值得修正之前，图像打开时不带预标注</translation>
    </message>
    <message>
        <source>no pre-label here: the network is too unsure of this image</source>
        <translation>此图像无预标注：网络对它把握太小</translation>
    </message>
    <message>
        <source>Training on {images} accepted images, round {number}</source>
        <translation>正在用 {images} 张已接受的图像训练，第 {number} 轮</translation>
    </message>
    <message>
        <source>Labelling ahead, round {number}</source>
        <translation>正在提前标注，第 {number} 轮</translation>
    </message>
    <message>
        <source>Round {number} is done; more comes when you accept more</source>
        <translation>第 {number} 轮已完成；接受更多图像后将继续</translation>
    </message>
    <message>
        <source>{minutes:g} min a round</source>
        <translation>每轮 {minutes:g} 分钟</translation>
    </message>
    <message>
        <source>{epochs} epochs a round</source>
        <translation>每轮 {epochs} 个周期</translation>
    </message>
</context>
<context>
    <name>ToolOptionsPanel</name>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Brush size</source>
        <translation>画笔大小</translation>
    </message>
    <message>
        <source>Brush size in pixels of the image ([ and ])</source>
        <translation>画笔大小，以图像像素计（[ 和 ]）</translation>
    </message>
    <message>
        <source>Pen pressure</source>
        <translation>笔压感应</translation>
    </message>
    <message>
        <source>A pen that is pressed less draws and erases thinner strokes, where the tablet tells</source>
        <translation>按得越轻，画笔和橡皮的笔画越细（需数位板支持压感）</translation>
    </message>
    <message>
        <source>Propagate after every stroke</source>
        <translation>每画一笔后自动传播</translation>
    </message>
    <message>
        <source>Keep zoom between images</source>
        <translation>切换图像时保持缩放</translation>
    </message>
    <message>
        <source>Keep zoom and place when the next image has the same size</source>
        <translation>下一张图像尺寸相同时保持缩放和位置</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Contrast presets</source>
        <translation>对比度预设</translation>
    </message>
    <message>
        <source>Auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Automatic contrast</source>
        <translation>自动对比度</translation>
    </message>
    <message>
        <source>Show the image&apos;s own range of values</source>
        <translation>显示图像自身的数值范围</translation>
    </message>
</context>
<context>
    <name>TrainDialog</name>
    <message>
        <source>Train a network</source>
        <translation>训练网络</translation>
    </message>
    <message>
        <source>This network has no backbone, so that no stage of it can be frozen.</source>
        <translation>这个网络没有骨干网络，无法冻结其中的级。</translation>
    </message>
    <message>
        <source>Labelled images to learn from: {count}</source>
        <translation>可供学习的已标注图像：{count}</translation>
    </message>
    <message>
        <source>&amp;Network</source>
        <translation>网络(&amp;N)</translation>
    </message>
    <message>
        <source>Learn &amp;from</source>
        <translation>学习来源(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Backbone</source>
        <translation>骨干网络(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Loss</source>
        <translation>损失(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Train for</source>
        <translation>训练时长(&amp;T)</translation>
    </message>
    <message>
        <source>epochs</source>
        <translation>轮</translation>
    </message>
    <message>
        <source>minutes</source>
        <translation>分钟</translation>
    </message>
    <message>
        <source>Epochs or minutes</source>
        <translation>轮数或分钟</translation>
    </message>
    <message>
        <source>An epoch learns from every labelled image once</source>
        <translation>一轮即每张已标注图像各学习一次</translation>
    </message>
    <message>
        <source>Start from published weights</source>
        <translation>从公开权重开始</translation>
    </message>
    <message>
        <source>Downloads them once; quicker for photographs</source>
        <translation>只需下载一次；对照片训练更快</translation>
    </message>
    <message>
        <source>More options</source>
        <translation>更多选项</translation>
    </message>
    <message>
        <source>Variations of the images while learning</source>
        <translation>学习时的图像变化</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>No image is labelled yet: label at least one, or propagate your strokes, then train.</source>
        <translation>还没有已标注的图像：请至少标注一张，或传播您的笔画，然后再训练。</translation>
    </message>
</context>
<context>
    <name>TrainingPanel</name>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stop training</source>
        <translation>停止训练</translation>
    </message>
    <message>
        <source>Stop training; the best network so far stays</source>
        <translation>停止训练；保留目前最好的网络</translation>
    </message>
    <message>
        <source>Progress of the training</source>
        <translation>训练进度</translation>
    </message>
    <message>
        <source>The curves will be here in a moment.</source>
        <translation>曲线马上就会显示在这里。</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Confusion</source>
        <translation>混淆</translation>
    </message>
    <message>
        <source>Example</source>
        <translation>示例</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>训练记录</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Pause training</source>
        <translation>暂停训练</translation>
    </message>
    <message>
        <source>Finish this step, keep everything and free the device</source>
        <translation>完成当前步骤，保存全部状态并释放设备</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Resume training</source>
        <translation>继续训练</translation>
    </message>
    <message>
        <source>Go on exactly where the run was paused, stopped or cut off</source>
        <translation>从训练被暂停、停止或中断处原样继续</translation>
    </message>
    <message>
        <source>Rounds</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>Results of the training</source>
        <translation>训练结果</translation>
    </message>
    <message>
        <source>Resume goes on from the last step that was saved.</source>
        <translation>“继续”将从最后保存的步骤开始。</translation>
    </message>
    <message>
        <source>The curves of loss and IoU stand here while a network learns.</source>
        <translation>网络训练时，损失和 IoU 曲线显示在这里。</translation>
    </message>
    <message>
        <source>pausing after this step</source>
        <translation>完成当前步骤后暂停</translation>
    </message>
    <message>
        <source>Training starts …</source>
        <translation>训练即将开始…</translation>
    </message>
    <message>
        <source>Run {number} ({network}) is not finished. Resume goes on where it ended.</source>
        <translation>训练 {number}（{network}）尚未完成。“继续”将从中断处接着训练。</translation>
    </message>
    <message>
        <source>Nothing is trained now. Train (T) starts a run; the list of runs shows those before.</source>
        <translation>当前没有训练。按“训练”（T）开始；以往的训练见训练列表。</translation>
    </message>
    <message>
        <source>No training has run yet. Train (T) starts one.</source>
        <translation>尚未训练过。按“训练”（T）开始。</translation>
    </message>
    <message>
        <source>epoch {epoch} of {epochs}</source>
        <translation>第 {epoch} / {epochs} 轮</translation>
    </message>
    <message>
        <source>epoch {epoch}</source>
        <translation>第 {epoch} 轮</translation>
    </message>
    <message>
        <source>loss {loss:.3f}</source>
        <translation>损失 {loss:.3f}</translation>
    </message>
    <message>
        <source>mIoU {miou:.3f} (best {best:.3f})</source>
        <translation>mIoU {miou:.3f}（最佳 {best:.3f}）</translation>
    </message>
    <message>
        <source>{rate:.1f} images/s</source>
        <translation>{rate:.1f} 张/秒</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>剩余 {time}</translation>
    </message>
    <message>
        <source>{time} so far</source>
        <translation>已用 {time}</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>run {number}</source>
        <translation>记录 {number}</translation>
    </message>
</context>
<context>
    <name>TuningBox</name>
    <message>
        <source>Tuned to this project</source>
        <translation>针对此项目调优</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>Propagate with what was learned from now on</source>
        <translation>今后用学到的参数传播</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>暂不</translation>
    </message>
    <message>
        <source>Go on as before</source>
        <translation>保持原样</translation>
    </message>
    <message>
        <source>Tune now</source>
        <translation>立即调优</translation>
    </message>
    <message>
        <source>Learn from the accepted images</source>
        <translation>从已接受的图像学习</translation>
    </message>
    <message>
        <source>Go back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Propagate as the program came</source>
        <translation>恢复程序自带的传播方式</translation>
    </message>
    <message>
        <source>Learning from the accepted images…</source>
        <translation>正在从已接受的图像学习…</translation>
    </message>
    <message>
        <source>On {count} accepted images, those held out: {before} before, {after} tuned (mean IoU).</source>
        <translation>{count} 张已接受图像的留出评估：之前 {before}，调优后 {after}（平均 IoU）。</translation>
    </message>
    <message>
        <source>Tuning would gain nothing on the accepted images.</source>
        <translation>在已接受的图像上调优没有收益。</translation>
    </message>
    <message>
        <source>Strokes are propagated with what was learned from this project.</source>
        <translation>正使用从此项目学到的参数传播涂鸦。</translation>
    </message>
    <message>
        <source>Learns from images that you drew strokes on and accepted; {fewest} are needed.</source>
        <translation>从您涂鸦并接受的图像学习；至少需要 {fewest} 张。</translation>
    </message>
</context>
<context>
    <name>Waiting</name>
    <message>
        <source>Changing many images …</source>
        <translation>正在更改多张图像…</translation>
    </message>
    <message>
        <source>Taking it back …</source>
        <translation>正在恢复原状 …</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Give up; every image stays as it was before (Esc)</source>
        <translation>放弃；所有图像保持原样 (Esc)</translation>
    </message>
</context>
<context>
    <name>_JobView</name>
    <message>
        <source>Stop: {0}</source>
        <translation>停止：{0}</translation>
    </message>
</context>
</TS>
