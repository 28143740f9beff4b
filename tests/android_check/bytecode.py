"""Bytecode that D8 9.5.28 made of this class, packed:

package dev.upcall;
public class Sample {
    static int count; String name;
    native int first(String[] texts, long[][] numbers, boolean flag);
    static native void of_all();
    int plain() { return count; }
    static class Inner { native Object get(Sample of); }
}
"""

from __future__ import annotations

import base64
import zlib

_PACKED = (
    r"c-n20%}*0S6u{ri?3M~B<+G3wQdW%~T8fB@)UPO#V3w#M;Q$92wnJIioo%|?hKQ2N$qU~7JM_rGlL>bYUO4HIiwTKGeY-oQfSu--*Lh#_-tNvT"
    r"immqX+f%S|u<fNQ-yXi+{q=PB(~s>h{rvmh+u^H89iR*VTZ@xDpw=r5U<hJ;Cvu2rAq0S;oJ84%az^dnp)?u5KFR@9j3A@P4P*?NKo*f2@)`Mx"
    r"93V%?Z{!5|gLGn!Ze#?xj%1Nr$UWpSGK<V3cno0Kkbt<3BytI9M><r^mys(-7sURJMU~WO+*6n%MdO&HvW2<3BiROhQSU5{!RX#d&y*j59<}dR"
    r"aRX7#hJU;gO8&()j>;3(JcnGcKS4WHfh79DX|8fA5p_k*bQGpqIqkExKZ~ACNA!&1XP0<jOFMW3WDc}B(_8|5PD)V$YMNk}Mefw>%{-UV3wU6A"
    r"GXGp!j_2F5^vvPDUx1MoK2Zi`A8lcu7w)QZ5a=>w7DX*zEnD1i@(bK8JK|cDq5!@Bn+nilZtxn<J6x9XFIP8&6`a>C1Qo2W0Avx!67(*&FtO$3"
    r"7tp~iOZfh*!%IHsmRFSl=xcVx4}g_K0Gi~kfP}a922TgQ>~LFxUgJ(xz#iGznVH%)R=Kq)WYL&5iek&i8kXmlZ6|6o=XynfhKg_m_XQf)xu3Jv"
    r"g|+EdUEi2q<Bl(~hHJ|lFWbiS#NE?P&gC0k<$}tVp=vy9)I`O{12Fgfu{&cEQ^tFsgro;`N@+?<_N5tRBt1+9@zoOo^}4ptNS)$;N+C&reyD55"
    r"jDDoRP)p&Eg?HfyKaQX3P938h*5KT_d12oLjc>Cl8?%C*nHTKL%+R1YH*{#ujs!I42g$@S;S3?ESRdX|nu+s=b461=Va<?<eZsrMlz&)zLg~YM"
    r"2C2BdaGw1GRaMPd"
)
SAMPLE = zlib.decompress(base64.b85decode(_PACKED))
"""The file ``classes.dex``."""
